// What every driver promises of what it gives, whatever lies in its store.
import type { Found, Marker, RecordMetadata, StoredRecord, Version } from '../../src/contracts/driver.ts'
import { isSessionError } from '../../src/session/errors.ts'
import { UnknownOutcome } from '../../src/drivers/settle.ts'
import { holds } from './target.ts'

const FAILURES = ['ERR_SESSION_DRIVER_FAILED', 'ERR_SESSION_UNREADABLE']

/** The answer, or that it failed as a driver may: by the driver's own error. Any other error is thrown on. */
export async function answeredOr<Value>(ask: () => Value | Promise<Value>): Promise<{ readonly value: Value } | 'unreadable' | 'failed'> {
  try {
    return { value: await ask() }
  } catch (error) {
    if (error instanceof UnknownOutcome) return 'failed'
    if (!(error instanceof Error) || !isSessionError(error) || !FAILURES.includes(error.code)) throw error
    return error.code === 'ERR_SESSION_UNREADABLE' ? 'unreadable' : 'failed'
  }
}

export function checkFound(found: Found | undefined): void {
  if (found === undefined) return
  isInstant('now', found.now)
  if (found.kind === 'record') checkRecord(found.record)
  else checkMarker(found.marker)
}

export function checkRecord(record: StoredRecord): void {
  checkMetadata(record)
  checkVersion(record.version)
  isText('payload', record.payload)
  isText('flash', record.flash)
}

export function checkMetadata(metadata: RecordMetadata): void {
  isText('handle', metadata.handle)
  isInstant('createdAt', metadata.createdAt)
  isInstant('lastActivity', metadata.lastActivity)
  isInstant('expiresAt', metadata.expiresAt)
  if (metadata.authenticatedAt !== undefined) isInstant('authenticatedAt', metadata.authenticatedAt)
  if (metadata.regeneratedAt !== undefined) isInstant('regeneratedAt', metadata.regeneratedAt)
  for (const field of ['userId', 'ipAddress', 'userAgent'] as const) if (metadata[field] !== undefined) isText(field, metadata[field])
}

export function checkMarker({ replacedAt, reason, salt }: Marker): void {
  isInstant('replacedAt', replacedAt)
  holds('reason is one of the two', ['login', 'rotation'].includes(reason), () => reason)
  if (salt !== undefined) isText('salt', salt)
}

export function checkVersion({ counter, writeToken }: Version): void {
  holds('a version counts', Number.isSafeInteger(counter) && counter >= 0, () => String(counter))
  isText('writeToken', writeToken)
}

export function isInstant(name: string, value: unknown): void {
  holds(`${name} is an instant`, Number.isFinite(value), () => String(value))
}

function isText(name: string, value: unknown): void {
  holds(`${name} is a text`, typeof value === 'string', () => String(value))
}
