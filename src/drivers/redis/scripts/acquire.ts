import { ABSENT, BUSY, DONE } from '../answers.ts'
import { READ_VALUE, REFUSE_DAMAGED, VALUE, leaseUntil, retime } from './parts.ts'
import { type Script, script } from './script.ts'

/** Takes the lease and reads. ARGV: token, milliseconds. Answers `DONE`, now, the value (whose lease is not looked at); of a marker too, on which no lease is taken. */
export const ACQUIRE: Script = script(
  'acquire',
  READ_VALUE,
  REFUSE_DAMAGED,
  `
if not isLive then return { ${ABSENT} } end
if isRecord then
  if isLeased and leaseToken ~= ARGV[1] then return { ${BUSY} } end
  ${retime(leaseUntil('ARGV[2]'), 'ARGV[1]', 'expiresAt', 'lastActivity')}
end
`,
  VALUE,
  `return { ${DONE}, now, value }`,
)
