// A user's index: one sorted set. Its members are the keys of the user's sessions, each with the instant at which it was entered. The one member
// with an endless score is the epoch: `~`, how often the sessions were revoked, `:`, and the handle of the session that the last time left.
import { CLOCK } from './parts.ts'
import { type Script, script } from './script.ts'

const YEAR_MS = 365 * 24 * 3_600_000
/** How long an index lives when no absolute limit says how long its sessions can. */
export const ENDLESS_MS: number = 10 * YEAR_MS
/** How long an epoch stays at the least: longer than any login is under way. */
export const EPOCH_MS: number = 24 * 3_600_000

const LIVE_FOR = `
local function liveFor(milliseconds)
  if redis.call('PTTL', KEYS[1]) < tonumber(milliseconds) then redis.call('PEXPIRE', KEYS[1], milliseconds) end
end`

const EPOCH = `local epoch = redis.call('ZRANGEBYSCORE', KEYS[1], '+inf', '+inf')[1] or ''`

/**
 * Enters a session and reads the epoch. ARGV: the session's key, and how long it lives at the longest: the index lives as long. No entry goes by its age,
 * since other sessions may have longer limits, and a revocation must find them. Answers the epoch, or an empty text.
 */
export const ENTER: Script = script(
  'enter',
  CLOCK,
  LIVE_FOR,
  `
redis.call('ZADD', KEYS[1], digits(now), ARGV[1])
liveFor(ARGV[2])`,
  EPOCH,
  `return epoch`,
)

/** Reads the epoch, or an empty text. */
export const READ_EPOCH: Script = script('epoch', EPOCH, `return epoch`)

/** Raises the epoch. ARGV: the handle of the session that stays, or an empty text. */
export const RAISE: Script = script(
  'raise',
  LIVE_FOR,
  EPOCH,
  `
local counter = 0
if epoch ~= '' then
  counter = tonumber(string.match(epoch, '^~(%d+):'))
  redis.call('ZREM', KEYS[1], epoch)
end
redis.call('ZADD', KEYS[1], '+inf', '~' .. string.format('%.0f', counter + 1) .. ':' .. ARGV[1])
liveFor('${EPOCH_MS}')
return 1
`,
)

/** Reads entries in the order of their instants. ARGV: the first instant, how many to pass over, how many to read (-1: all). Answers now, key, instant, ... */
export const ENTRIES: Script = script(
  'entries',
  CLOCK,
  `
local entries = redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[1], '(+inf', 'WITHSCORES', 'LIMIT', ARGV[2], ARGV[3])
table.insert(entries, 1, digits(now))
return entries
`,
)
