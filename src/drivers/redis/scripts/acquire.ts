import { ABSENT, BUSY, DONE } from '../answers.ts'
import { LEASE_END, REFUSE_DAMAGED, RETIME, readHead } from './parts.ts'
import { type Script, script } from './script.ts'

/** Takes the lease and reads. ARGV: token, milliseconds. Answers `DONE`, now, the value; of a marker too, on which no lease is taken. */
export const ACQUIRE: Script = script(
  'acquire',
  readHead('0'),
  REFUSE_DAMAGED,
  RETIME,
  LEASE_END,
  `
if not isLive then return { ${ABSENT} } end
if isRecord then
  if isLeased and leaseToken ~= ARGV[1] then return { ${BUSY} } end
  retime(leaseUntil(ARGV[2]), ARGV[1], expiresAt, lastActivity)
end
return { ${DONE}, now, redis.call('GET', KEYS[1]) }
`,
)
