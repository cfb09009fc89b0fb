import { ABSENT, BUSY, CONFLICT, DONE, OTHER_USER, UNREADABLE } from '../answers.ts'
import { HEADER_BYTES } from '../layout.ts'
import { ABOUT, NO_TOKEN, REFUSE_DAMAGED, isAtVersion, put, putContents, readHead, retime, touchedEnding } from './parts.ts'
import { type Script, script } from './script.ts'

/**
 * Replaces a record at a version. ARGV[8] and ARGV[9]: the version. ARGV[10]: the user that the record must have already, as bytes, or
 * nothing when it may have any. Answers `DONE` and the expiry.
 */
export const UPDATE: Script = script(
  'update',
  readHead('#ARGV[9] + #ARGV[10]'),
  REFUSE_DAMAGED,
  `
if not isRecord then return { ${ABSENT} } end
if isLeased then return { ${BUSY} } end
if not ${isAtVersion('ARGV[8]', 'ARGV[9]')} then return { ${CONFLICT} } end
if string.sub(head, ${HEADER_BYTES + 1} + #ARGV[9], ${HEADER_BYTES} + #ARGV[9] + #ARGV[10]) ~= ARGV[10] then return { ${OTHER_USER} } end
${put('ARGV[1]', 'counter + 1', '0', NO_TOKEN)}
return { ${DONE}, ends }
`,
)

/**
 * Puts other contents into a record at a version. ARGV: the contents, the token of the write, and the version. Answers `DONE` and the expiry. Where there
 * are fewer bytes than the header says, putting others behind them would hide that.
 */
export const REWRITE: Script = script(
  'rewrite',
  readHead('#ARGV[4]'),
  REFUSE_DAMAGED,
  `
if not isRecord then return { ${ABSENT} } end
if isLeased then return { ${BUSY} } end
if not ${isAtVersion('ARGV[3]', 'ARGV[4]')} then return { ${CONFLICT} } end
local rest = redis.call('GETRANGE', KEYS[1], ${HEADER_BYTES} + #ARGV[4], ${HEADER_BYTES - 1} + aboutBytes)
if #ARGV[4] + #rest ~= aboutBytes then return { ${UNREADABLE} } end
local about = ARGV[2] .. rest
${putContents('about', 'ARGV[1]')}
return { ${DONE}, expiresAt }
`,
)

/** Renews last activity and expiry. ARGV: idle time, absolute limit, and the version, or two empty texts. Answers `DONE`, now, what is known of it. */
export const TOUCH: Script = script(
  'touch',
  readHead('#ARGV[4]'),
  REFUSE_DAMAGED,
  ABOUT,
  `
if not isRecord then return { ${ABSENT} } end
if isLeased then return { ${BUSY} } end
if ARGV[3] ~= '' and not ${isAtVersion('ARGV[3]', 'ARGV[4]')} then return { ${CONFLICT} } end
${touchedEnding('ARGV[1]', 'ARGV[2]')}
${retime('0', NO_TOKEN, 'ends', 'now')}
return { ${DONE}, now, about() }
`,
)
