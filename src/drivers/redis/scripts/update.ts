import { ABSENT, BUSY, CONFLICT, DONE, OTHER_USER } from '../answers.ts'
import { HEADER_BYTES } from '../layout.ts'
import { ABOUT, PUT, REFUSE_DAMAGED, RETIME, TOUCHED, VERSION, readHead } from './parts.ts'
import { type Script, script } from './script.ts'

/**
 * Replaces a record at a version. ARGV[8] and ARGV[9]: the version. ARGV[10]: the user that the record must have already, as bytes, or
 * nothing when it may have any. Answers `DONE` and the expiry.
 */
export const UPDATE: Script = script(
  'update',
  readHead('#ARGV[9] + #ARGV[10]'),
  REFUSE_DAMAGED,
  VERSION,
  PUT,
  `
if not isRecord then return { ${ABSENT} } end
if isLeased then return { ${BUSY} } end
if not isAtVersion(ARGV[8], ARGV[9]) then return { ${CONFLICT} } end
if string.sub(head, ${HEADER_BYTES + 1} + #ARGV[9], ${HEADER_BYTES} + #ARGV[9] + #ARGV[10]) ~= ARGV[10] then return { ${OTHER_USER} } end
return { ${DONE}, put(counter + 1, 0, string.rep('\\0', 16)) }
`,
)

/** Renews last activity and expiry. ARGV: idle time, absolute limit, and the version, or two empty texts. Answers `DONE`, now, what is known of it. */
export const TOUCH: Script = script(
  'touch',
  readHead('#ARGV[4]'),
  REFUSE_DAMAGED,
  VERSION,
  RETIME,
  TOUCHED,
  ABOUT,
  `
if not isRecord then return { ${ABSENT} } end
if isLeased then return { ${BUSY} } end
if ARGV[3] ~= '' and not isAtVersion(ARGV[3], ARGV[4]) then return { ${CONFLICT} } end
retime(0, string.rep('\\0', 16), touchedEnd(ARGV[1], ARGV[2]), now)
return { ${DONE}, now, about() }
`,
)
