// Parts that the scripts have in common. ARGV is each script's own; KEYS[1] is the session.
import { UNREADABLE } from '../answers.ts'
import { HEADER_BYTES, HEADER_FORMAT, LEASE_AT, LEASE_FORMAT, MAGIC, MARKER, RECORD } from '../layout.ts'

/** The server's clock: `now`, in milliseconds. */
export const CLOCK: string = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function digits(number) return string.format('%.0f', number) end
`

/**
 * Reads the header, and `more` bytes behind it, into `head`. `isLive`: something exists there. A record past its expiry that nobody holds
 * does not, even while the server still has its key.
 */
export function readHead(more: string): string {
  return `${CLOCK.trim()}
local head = redis.pcall('GETRANGE', KEYS[1], 0, ${HEADER_BYTES - 1} + ${more})
local isWrongType = type(head) == 'table' and string.find(head.err, 'WRONGTYPE', 1, true) ~= nil
if type(head) == 'table' and not isWrongType then return head end
local isDamaged, isLive, isRecord, isLeased = isWrongType, false, false, false
local magic, kind, leaseEnd, leaseToken, expiresAt, lastActivity, counter, aboutBytes, createdAt, authenticatedAt, regeneratedAt
if not isWrongType and head ~= '' then
  if #head >= ${HEADER_BYTES} then
    magic, kind, leaseEnd, leaseToken, expiresAt, lastActivity, counter, aboutBytes, createdAt, authenticatedAt, regeneratedAt =
      struct.unpack('${HEADER_FORMAT}', head)
  end
  isDamaged = magic ~= '${LUA_MAGIC}' or (kind ~= '${RECORD}' and kind ~= '${MARKER}')
  if not isDamaged then
    isLeased = leaseEnd > now
    isLive = isLeased or expiresAt > now
    isRecord = isLive and kind == '${RECORD}'
  end
end`
}

const LUA_MAGIC = MAGIC.replace('\x01', '\\1')

export const REFUSE_DAMAGED: string = `if isDamaged then return { ${UNREADABLE} } end`

/** `isAtVersion(counter, token)`, the token as it lies behind the header: `readHead` must have read as many bytes more. */
export const VERSION: string = `
local function isAtVersion(wanted, token)
  return counter == tonumber(wanted) and string.sub(head, ${HEADER_BYTES + 1}, ${HEADER_BYTES} + #token) == token
end`

/** The header and the texts about the session. */
export const ABOUT: string = `
local function about() return redis.call('GETRANGE', KEYS[1], 0, ${HEADER_BYTES - 1} + aboutBytes) end`

/**
 * Writes lease, expiry and last activity in place. The key itself expires with the later of lease and record, always: a record under a live
 * lease does not vanish, and no key stays for ever.
 */
export const RETIME: string = `
local function retime(newLeaseEnd, newLeaseToken, newExpiresAt, newLastActivity)
  local before, after = math.max(expiresAt, leaseEnd), math.max(newExpiresAt, newLeaseEnd)
  redis.call('SETRANGE', KEYS[1], ${LEASE_AT},
    struct.pack('${LEASE_FORMAT}', newLeaseEnd, newLeaseToken, newExpiresAt, newLastActivity))
  if after ~= before then redis.call('PEXPIREAT', KEYS[1], digits(after)) end
end`

/** When a lease of so many milliseconds ends; 0 for none. */
export const LEASE_END: string = `
local function leaseUntil(milliseconds)
  if tonumber(milliseconds) == 0 then return 0 end
  return now + milliseconds
end`

/**
 * What ARGV[1] begins with where a lease is held, all bytes in one since a client library writes each part of bytes by itself: the token of the
 * lease that goes on (zeros for none), the token that holds it now, and that of the version that was read, which ends at `last`.
 */
export function readTokens(last: string): string {
  return `local nextToken, heldToken, before = string.sub(ARGV[1], 1, 16), string.sub(ARGV[1], 17, 32), string.sub(ARGV[1], 33, ${last})`
}

/** Says when a record ends: after the idle time, and not after the absolute limit, where there is one (-1: none). */
export const END: string = `
local function endOf(idle, absolute, countedFrom)
  local ends = now + idle
  if tonumber(absolute) >= 0 then ends = math.min(ends, countedFrom + absolute) end
  return ends
end`

/** The expiry after a touch: later only, unless the last activity lies in the future and shows that a clock was wrong. */
export const TOUCHED: string = `${END.trim()}
local function touchedEnd(idle, absolute)
  local countedFrom = authenticatedAt
  if countedFrom == 0 then countedFrom = createdAt end
  local ends = endOf(idle, absolute, math.min(countedFrom, now))
  if lastActivity > now then return ends end
  return math.max(expiresAt, ends)
end`

/**
 * Writes a record with its expiry in one command. ARGV[2] to ARGV[7]: bytes of the texts about it, idle time, absolute limit (-1: none), and
 * when it was created, authenticated and regenerated (-1: now, 0: never). An instant in the future counts as now. ARGV[1] has the body.
 */
export const PUT: string = `${END.trim()}
local function put(body, newCounter, newLeaseEnd, newLeaseToken)
  local function instant(text)
    local at = tonumber(text)
    if at < 0 or at > now then return now end
    return at
  end
  local created, authenticated, regenerated = instant(ARGV[5]), instant(ARGV[6]), instant(ARGV[7])
  local countedFrom = authenticated
  if countedFrom == 0 then countedFrom = created end
  local ends = endOf(ARGV[3], ARGV[4], countedFrom)
  local header = struct.pack('${HEADER_FORMAT}', '${LUA_MAGIC}', '${RECORD}', newLeaseEnd, newLeaseToken, ends, now, newCounter, ARGV[2],
    created, authenticated, regenerated)
  redis.call('SET', KEYS[1], header .. body, 'PXAT', digits(math.max(ends, newLeaseEnd, 1)))
  return ends
end`

/** `putContents(about, contents)`: writes a record that nobody holds at its next version, with the instants that it has. */
export const PUT_CONTENTS: string = `
local function putContents(about, contents)
  local header = struct.pack('${HEADER_FORMAT}', '${LUA_MAGIC}', '${RECORD}', 0, string.rep('\\0', 16), expiresAt, lastActivity, counter + 1,
    #about, createdAt, authenticatedAt, regeneratedAt)
  redis.call('SET', KEYS[1], header .. about .. contents, 'PXAT', digits(expiresAt))
end`

/** `putMarker(body, aboutBytes, expiry)`. */
export const PUT_MARKER: string = `
local function putMarker(body, bytes, ends)
  local header = struct.pack('${HEADER_FORMAT}', '${LUA_MAGIC}', '${MARKER}', 0, string.rep('\\0', 16), ends, now, counter + 1, bytes,
    now, 0, 0)
  redis.call('SET', KEYS[1], header .. body, 'PXAT', digits(ends))
end`
