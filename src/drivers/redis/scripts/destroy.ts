import { ABSENT, DONE, UNREADABLE } from '../answers.ts'
import { HEADER_BYTES } from '../layout.ts'
import { ABOUT, readHead } from './parts.ts'
import { type Script, script } from './script.ts'

/**
 * Removes what lives there, a damaged record too: what was to end ends. The marker of a rotation stays, and so does a key of another type, which
 * is not ours. Answers `DONE`, now, what is known of what was there, if anything is. ARGV: the text `rotation` as it stands in a marker.
 */
export const DESTROY: Script = script(
  'destroy',
  readHead(),
  ABOUT,
  `
if isWrongType then return { ${UNREADABLE} } end
local was = ''
if isLive then was = about() end
if isLive and not isRecord and string.find(was, ARGV[1], ${HEADER_BYTES + 1}, true) then return { ${DONE}, now, was } end
redis.call('DEL', KEYS[1])
if not isLive and not isDamaged then return { ${ABSENT} } end
return { ${DONE}, now, was }
`,
)
