import { ABSENT, DONE } from '../answers.ts'
import { ABOUT, READ_VALUE, REFUSE_DAMAGED, VALUE, readHead } from './parts.ts'
import { type Script, script } from './script.ts'

/** Reads what lives there. Answers `DONE`, now, the value. */
export const READ: Script = script(
  'read',
  READ_VALUE,
  REFUSE_DAMAGED,
  `
if not isLive then return { ${ABSENT} } end
`,
  VALUE,
  `return { ${DONE}, now, value }`,
)

/** Shows what lies there, whether it lives or not. Answers `DONE`, now, the header and the texts about it, how many bytes there are. */
export const SURVEY: Script = script(
  'survey',
  readHead(),
  REFUSE_DAMAGED,
  ABOUT,
  `
if head == '' then return { ${ABSENT} } end
return { ${DONE}, now, about(), redis.call('STRLEN', KEYS[1]) }
`,
)

/** Reads what is known of a session without its contents. Answers `DONE`, now, the header and the texts about it. */
export const PEEK: Script = script(
  'peek',
  readHead(),
  REFUSE_DAMAGED,
  ABOUT,
  `
if not isLive then return { ${ABSENT} } end
return { ${DONE}, now, about() }
`,
)
