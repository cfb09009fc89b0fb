import { ABSENT, DONE } from '../answers.ts'
import { REFUSE_DAMAGED, leaseUntil, readHead, retime } from './parts.ts'
import { type Script, script } from './script.ts'

/** Gives a lease more time, or back. ARGV: the token that holds it, milliseconds from now, 0 to give it back. Answers `DONE` when it was held. */
export const RENEW: Script = script(
  'renew',
  readHead(),
  REFUSE_DAMAGED,
  `
if not isLeased or leaseToken ~= ARGV[1] then return { ${ABSENT} } end
${retime(leaseUntil('ARGV[2]'), 'ARGV[1]', 'expiresAt', 'lastActivity')}
return { ${DONE} }
`,
)
