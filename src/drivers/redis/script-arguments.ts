import type { Durations, Lease, RecordWrite, TextsWrite, Version } from '../../contracts/driver.ts'
import { SessionError } from '../../session/errors.ts'
import type { Argument } from './bridges/bridge.ts'
import { NO_LEASE, NO_TOKENS, TOKEN_BYTES, contentsBytes, recordBody } from './layout.ts'
import { fieldBytes, fieldOf, textField, writeField } from './text-fields.ts'

/** So long that nobody sees the end of it, and so short that an instant with it still has room in the six bytes of the header. */
const LONGEST_MS = 2 ** 47
const TOKEN_FORM = /^[0-9a-f]{32}$/

/** The token of a lease as it is stored. A text of another form is no token and holds nothing: `undefined`. */
export function tokenBytes(token: string): Buffer | undefined {
  return TOKEN_FORM.test(token) ? Buffer.from(token, 'hex') : undefined
}

/** The token of a lease that is to begin. */
export function newTokenBytes(token: string): Buffer {
  const bytes = tokenBytes(token)
  if (bytes === undefined) throw SessionError.invalidArgument('A lease', 'its token must be 32 lowercase hex digits.')
  return bytes
}

/** The tokens of a step under a lease, as `readTokens` of the scripts reads them. `undefined`: the lease's is none, and holds nothing. */
export function tokensOf({ token, version }: Lease, keepLease: string | undefined): Buffer | undefined {
  if (!TOKEN_FORM.test(token)) return undefined
  const field = fieldOf(version.writeToken)
  const bytes = Buffer.alloc(2 * TOKEN_BYTES + fieldBytes(field))
  if (keepLease !== undefined) bytes.set(newTokenBytes(keepLease))
  bytes.write(token, TOKEN_BYTES, 'hex')
  writeField(bytes, 2 * TOKEN_BYTES, field)
  return bytes
}

/** ARGV[1] to ARGV[7] of the scripts that write a record. @param tokens What stands before its body. */
export function recordArguments(write: RecordWrite, tokens: Buffer = NO_TOKENS): Argument[] {
  const { bytes, aboutBytes } = recordBody(write, tokens)
  const { createdAt, authenticatedAt, regeneratedAt, durations } = write
  return [bytes, String(aboutBytes), ...durationArguments(durations), instant(createdAt), instant(authenticatedAt), instant(regeneratedAt)]
}

/** Contents, and the token of the version that they make. */
export function textArguments(texts: TextsWrite): Argument[] {
  return [contentsBytes(texts), textField(texts.writeToken)]
}

/** Idle time and absolute limit; -1 for no limit, and twice where nothing is touched. */
export function durationArguments(durations: Durations | undefined): Argument[] {
  return [milliseconds(durations?.idleMs), milliseconds(durations?.absoluteMs)]
}

/** A lease that begins or goes on, or none. */
export function leaseArguments(token: string | undefined, leaseMs: number): Argument[] {
  return token === undefined ? [NO_LEASE, '0'] : [newTokenBytes(token), milliseconds(leaseMs)]
}

/** What follows the tokens of a step under a lease: the milliseconds of the lease that goes on, 0 for none, and the counter of the version. */
export function stepArguments({ version }: Lease, keepLease: string | undefined, leaseMs: number): Argument[] {
  return [keepLease === undefined ? '0' : milliseconds(leaseMs), String(version.counter)]
}

export function versionArguments({ counter, writeToken }: Version): Argument[] {
  return [String(counter), textField(writeToken)]
}

export function milliseconds(duration: number | undefined): string {
  return duration === undefined ? '-1' : String(Math.min(Math.round(duration), LONGEST_MS))
}

function instant(at: number | 'now' | undefined): string {
  if (at === 'now') return '-1'
  return at === undefined ? '0' : String(Math.round(at))
}
