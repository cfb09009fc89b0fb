import { ABSENT, DONE, LOST } from '../answers.ts'
import { REFUSE_DAMAGED, isAtVersion, putMarker, readHead } from './parts.ts'
import { type Script, script } from './script.ts'

/**
 * Puts a marker, or nothing, in the place of a record that is held. ARGV: the token that holds it, the version that was read (counter, token),
 * the marker's body (empty for nothing) with the bytes of its texts, and its least and longest time.
 */
export const MARK: Script = script(
  'mark',
  readHead('#ARGV[3]'),
  REFUSE_DAMAGED,
  `
if not isRecord then return { ${ABSENT} } end
if not isLeased or leaseToken ~= ARGV[1] or not ${isAtVersion('ARGV[2]', 'ARGV[3]')} then return { ${LOST} } end
if ARGV[4] == '' then
  redis.call('DEL', KEYS[1])
else
  ${putMarker('ARGV[4]', 'ARGV[5]', 'now + math.min(math.max(expiresAt - now, ARGV[6]), ARGV[7])')}
end
return { ${DONE} }
`,
)
