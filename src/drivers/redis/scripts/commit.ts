import { ABSENT, DONE, LOST } from '../answers.ts'
import { LEASE_END, PUT, REFUSE_DAMAGED, RETIME, TOUCHED, VERSION, readHead } from './parts.ts'
import { type Script, script } from './script.ts'

/**
 * Writes a record under its lease. ARGV[8] to ARGV[12]: the lease that goes on (its token and milliseconds, 0 for none), the token that holds
 * it now, and the version that was read. Answers `DONE` and the expiry.
 */
export const COMMIT: Script = script(
  'commit',
  readHead('#ARGV[12]'),
  REFUSE_DAMAGED,
  VERSION,
  LEASE_END,
  PUT,
  `
if not isRecord then return { ${ABSENT} } end
if not isLeased or leaseToken ~= ARGV[10] or not isAtVersion(ARGV[11], ARGV[12]) then return { ${LOST} } end
return { ${DONE}, put(counter + 1, leaseUntil(ARGV[9]), ARGV[8]) }
`,
)

/**
 * Gives a lease back, or lets it go on under a new token, and leaves the record. ARGV: the token that holds it, the version that was read
 * (counter, token), the lease that goes on (token, milliseconds), and how it is touched (idle time, -1 for not at all; absolute limit).
 * Answers `DONE` and the expiry.
 */
export const RELEASE: Script = script(
  'release',
  readHead('#ARGV[3]'),
  REFUSE_DAMAGED,
  VERSION,
  LEASE_END,
  RETIME,
  TOUCHED,
  `
if not isRecord then return { ${ABSENT} } end
if not isLeased or leaseToken ~= ARGV[1] or not isAtVersion(ARGV[2], ARGV[3]) then return { ${LOST} } end
local ends, usedAt = expiresAt, lastActivity
if tonumber(ARGV[6]) >= 0 then ends, usedAt = touchedEnd(ARGV[6], ARGV[7]), now end
retime(leaseUntil(ARGV[5]), ARGV[4], ends, usedAt)
return { ${DONE}, ends }
`,
)
