import { ABSENT, DONE, LOST } from '../answers.ts'
import { REFUSE_DAMAGED, isAtVersion, leaseUntil, put, readHead, readTokens, retime, touchedEnding } from './parts.ts'
import { type Script, script } from './script.ts'

/**
 * Writes a record under its lease. ARGV[1] has the tokens before the body. ARGV[8] to ARGV[10]: how many bytes they have, the milliseconds of the
 * lease that goes on, and the counter of the version that was read. Answers `DONE` and the expiry.
 */
export const COMMIT: Script = script(
  'commit',
  readTokens('ARGV[8]'),
  readHead('#before'),
  REFUSE_DAMAGED,
  `
if not isRecord then return { ${ABSENT} } end
if not isLeased or leaseToken ~= heldToken or not ${isAtVersion('ARGV[10]', 'before')} then return { ${LOST} } end
${put('string.sub(ARGV[1], ARGV[8] + 1)', 'counter + 1', leaseUntil('ARGV[9]'), 'nextToken')}
return { ${DONE}, ends }
`,
)

/**
 * Gives a lease back, or lets it go on under a new token, and leaves the record. ARGV: the tokens, the milliseconds of the lease that goes on, the
 * counter of the version that was read, and how it is touched (idle time, -1 for not at all; absolute limit). Answers `DONE` and the expiry.
 */
export const RELEASE: Script = script(
  'release',
  readTokens('-1'),
  readHead('#before'),
  REFUSE_DAMAGED,
  `
if not isRecord then return { ${ABSENT} } end
if not isLeased or leaseToken ~= heldToken or not ${isAtVersion('ARGV[3]', 'before')} then return { ${LOST} } end
local touched, usedAt = expiresAt, lastActivity
if tonumber(ARGV[4]) >= 0 then
${touchedEnding('ARGV[4]', 'ARGV[5]')}
touched, usedAt = ends, now
end
${retime(leaseUntil('ARGV[2]'), 'nextToken', 'touched', 'usedAt')}
return { ${DONE}, touched }
`,
)
