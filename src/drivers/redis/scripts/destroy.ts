import { ABSENT, DONE, UNREADABLE } from '../answers.ts'
import { ABOUT, readHead } from './parts.ts'
import { type Script, script } from './script.ts'

/**
 * Removes what lives there, a damaged record too: what was to end ends. Only a key of another type is not ours, and stays. Answers `DONE`, now,
 * what is known of what was there, if anything is.
 */
export const DESTROY: Script = script(
  'destroy',
  readHead('0'),
  ABOUT,
  `
if isWrongType then return { ${UNREADABLE} } end
local was = ''
if isLive then was = about() end
redis.call('DEL', KEYS[1])
if not isLive and not isDamaged then return { ${ABSENT} } end
return { ${DONE}, now, was }
`,
)
