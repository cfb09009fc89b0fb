import { ABSENT, DONE } from '../answers.ts'
import { REFUSE_DAMAGED, leaseUntil, put, readHead } from './parts.ts'
import { type Script, script } from './script.ts'

/** Adds a record. ARGV[8] and ARGV[9]: a lease on it (token and milliseconds, 0 for none). Answers `DONE` and the expiry, else `ABSENT`: taken. */
export const INSERT: Script = script(
  'insert',
  readHead(),
  REFUSE_DAMAGED,
  `
if isLive then return { ${ABSENT} } end
${put('ARGV[1]', '1', leaseUntil('ARGV[9]'), 'ARGV[8]')}
return { ${DONE}, ends }
`,
)
