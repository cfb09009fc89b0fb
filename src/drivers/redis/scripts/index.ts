// A user's index: one sorted set. Its members are the keys of the user's sessions, each with the instant at which it was entered. The one member
// with an endless score is the epoch: `~`, how often the sessions were revoked, `:`, and the handle of the session that the last time left.
import { CLOCK, digits } from './parts.ts'
import { type Script, script } from './script.ts'

const YEAR_MS = 365 * 24 * 3_600_000
/** How long an index lives after a login at the least: longer than its sessions, whatever their limits become. */
export const INDEX_MS: number = 10 * YEAR_MS
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
redis.call('ZADD', KEYS[1], ${digits('now')}, ARGV[1])
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

/** Shortens the life of an index that has no entries: what it was given for them it needs no more. */
export const SHRINK: Script = script(
  'shrink',
  `
if redis.call('PTTL', KEYS[1]) <= ${EPOCH_MS} then return 0 end
if #redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(+inf', 'LIMIT', '0', '1') > 0 then return 0 end
return redis.call('PEXPIRE', KEYS[1], '${EPOCH_MS}')
`,
)

/** Reads entries in the order of their instants. ARGV: the first instant, how many to pass over, how many to read (-1: all). Answers now, key, instant, ... */
export const ENTRIES: Script = script(
  'entries',
  CLOCK,
  `
local entries = redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[1], '(+inf', 'WITHSCORES', 'LIMIT', ARGV[2], ARGV[3])
table.insert(entries, 1, ${digits('now')})
return entries
`,
)
