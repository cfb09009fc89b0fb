// Parts that the scripts have in common, as text: a function of Lua's own would be made anew at every call. ARGV is each script's own; KEYS[1] is the session.
// What a command is given as a number Redis makes a text of first, so places are written as texts.
import { UNREADABLE } from '../answers.ts'
import { HEADER_BYTES, HEADER_FORMAT, LEASE_AT, LEASE_FORMAT, MAGIC, MARKER, RECORD } from '../layout.ts'

const LUA_MAGIC = MAGIC.replace('\x01', '\\1')
/** The token of a record that nobody holds. */
export const NO_TOKEN: string = `string.rep('\\0', 16)`
/** So far a value is read where a script compares what lies behind the header: enough for nearly all that is there. */
const USUAL_BYTES = 160
const VALUE_BYTES = 4096

/** The server's clock: `now`, in milliseconds. */
export const CLOCK: string = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
`

/** A whole number as text, however large it is. */
export function digits(number: string): string {
  return `string.format('%.0f', ${number})`
}

/**
 * Reads the header, and `more` bytes behind it, into `head`. `isLive`: something exists there. A record past its expiry that nobody holds
 * does not, even while the server still has its key.
 */
export function readHead(more?: string): string {
  if (more === undefined) return headFrom(`redis.pcall('GETRANGE', KEYS[1], '0', '${HEADER_BYTES - 1}')`)
  return `local last = '${USUAL_BYTES - 1}'
if ${more} > ${USUAL_BYTES - HEADER_BYTES} then last = ${digits(`${HEADER_BYTES - 1} + ${more}`)} end
${headFrom(`redis.pcall('GETRANGE', KEYS[1], '0', last)`)}`
}

/** The same for a script that answers the value: nearly all are no longer than what is read at once. */
export const READ_VALUE: string = headFrom(`redis.pcall('GETRANGE', KEYS[1], '0', '${VALUE_BYTES - 1}')`)

/** The whole value, where `READ_VALUE` has read. Of a long one no more than its beginning was read for who may not have it. */
export const VALUE: string = `
local value = head
if #head == ${VALUE_BYTES} then value = redis.call('GETRANGE', KEYS[1], '0', '-1') end`

function headFrom(read: string): string {
  return `${CLOCK.trim()}
local head = ${read}
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

export const REFUSE_DAMAGED: string = `if isDamaged then return { ${UNREADABLE} } end`

/** Whether the record has this version, the token as it lies behind the header: `readHead` must have read as many bytes more. */
export function isAtVersion(wanted: string, token: string): string {
  return `(counter == tonumber(${wanted}) and string.sub(head, ${HEADER_BYTES + 1}, ${HEADER_BYTES} + #${token}) == ${token})`
}

/** The header and the texts about the session. */
export const ABOUT: string = `
local function about() return redis.call('GETRANGE', KEYS[1], '0', ${digits(`${HEADER_BYTES - 1} + aboutBytes`)}) end`

/**
 * Writes lease, expiry and last activity in place. The key itself expires with the later of lease and record, always: a record under a live
 * lease does not vanish, and no key stays for ever.
 */
export function retime(newLeaseEnd: string, newLeaseToken: string, newExpiresAt: string, newLastActivity: string): string {
  return `local newLeaseEnd, newExpiresAt = ${newLeaseEnd}, ${newExpiresAt}
local before, after = math.max(expiresAt, leaseEnd), math.max(newExpiresAt, newLeaseEnd)
redis.call('SETRANGE', KEYS[1], '${LEASE_AT}', struct.pack('${LEASE_FORMAT}', newLeaseEnd, ${newLeaseToken}, newExpiresAt, ${newLastActivity}))
if after ~= before then redis.call('PEXPIREAT', KEYS[1], ${digits('after')}) end`
}

/** When a lease of so many milliseconds ends; 0 for none. */
export function leaseUntil(milliseconds: string): string {
  return `(${milliseconds} == '0' and 0 or now + ${milliseconds})`
}

/**
 * What ARGV[1] begins with where a lease is held, all bytes in one since a client library writes each part of bytes by itself: the token of the
 * lease that goes on (zeros for none), the token that holds it now, and that of the version that was read, which ends at `last`.
 */
export function readTokens(last: string): string {
  return `local nextToken, heldToken, before = string.sub(ARGV[1], 1, 16), string.sub(ARGV[1], 17, 32), string.sub(ARGV[1], 33, ${last})`
}

/** Says in `ends` when a record ends: after the idle time, and not after the absolute limit, where there is one (-1: none). */
function ending(idle: string, absolute: string, countedFrom: string): string {
  return `local ends = now + ${idle}
if tonumber(${absolute}) >= 0 then ends = math.min(ends, ${countedFrom} + ${absolute}) end`
}

/** Says in `ends` when it ends after a touch: later only, unless the last activity lies in the future and shows that a clock was wrong. */
export function touchedEnding(idle: string, absolute: string): string {
  return `local countedFrom = authenticatedAt
if countedFrom == 0 then countedFrom = createdAt end
${ending(idle, absolute, 'math.min(countedFrom, now)')}
if lastActivity <= now then ends = math.max(expiresAt, ends) end`
}

/**
 * Writes a record with its expiry in one command, and answers the expiry as `ends`. ARGV[2] to ARGV[7]: bytes of the texts about it, idle time, absolute
 * limit (-1: none), and when it was created, authenticated and regenerated (-1: now, 0: never). An instant in the future counts as now.
 */
export function put(body: string, newCounter: string, newLeaseEnd: string, newLeaseToken: string): string {
  return `local created, authenticated, regenerated = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
if created < 0 or created > now then created = now end
if authenticated < 0 or authenticated > now then authenticated = now end
if regenerated < 0 or regenerated > now then regenerated = now end
local countedFrom = authenticated
if countedFrom == 0 then countedFrom = created end
${ending('ARGV[3]', 'ARGV[4]', 'countedFrom')}
local newLeaseEnd = ${newLeaseEnd}
local header = struct.pack('${HEADER_FORMAT}', '${LUA_MAGIC}', '${RECORD}', newLeaseEnd, ${newLeaseToken}, ends, now, ${newCounter}, ARGV[2],
  created, authenticated, regenerated)
redis.call('SET', KEYS[1], header .. ${body}, 'PXAT', ${digits('math.max(ends, newLeaseEnd, 1)')})`
}

/** Writes a record that nobody holds at its next version, with the instants that it has. */
export function putContents(about: string, contents: string): string {
  return `local header = struct.pack('${HEADER_FORMAT}', '${LUA_MAGIC}', '${RECORD}', 0, ${NO_TOKEN}, expiresAt, lastActivity, counter + 1,
  #${about}, createdAt, authenticatedAt, regeneratedAt)
redis.call('SET', KEYS[1], header .. ${about} .. ${contents}, 'PXAT', ${digits('expiresAt')})`
}

/** Writes a marker that ends at an instant. */
export function putMarker(body: string, bytes: string, ends: string): string {
  return `local ends = ${ends}
  local header = struct.pack('${HEADER_FORMAT}', '${LUA_MAGIC}', '${MARKER}', 0, ${NO_TOKEN}, ends, now, counter + 1, ${bytes},
    now, 0, 0)
  redis.call('SET', KEYS[1], header .. ${body}, 'PXAT', ${digits('ends')})`
}
