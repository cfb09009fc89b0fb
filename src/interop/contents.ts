import type { MarkerWrite, RecordWrite, StoredRecord, Version } from '../contracts/driver.ts'
import { markerExpiry, recordOf } from '../drivers/instants.ts'
import { asStoreKey } from '../session/id.ts'
import type { StoreKey } from '../session/id.ts'
import { isObject } from '../session/plain.ts'

/** What somebody else's store keeps for us under a key, as JSON has it. */
export interface Contents {
  readonly key: StoreKey
  readonly kind: 'record' | 'marker'
  readonly version: Version
  /** Unix milliseconds: when it stops existing. */
  readonly expiresAt: number
  /** Unix milliseconds: until when the store was asked to keep it, which is longer. */
  readonly keptUntil: number
  /** Of a record. */
  readonly record?: Omit<StoredRecord, 'version' | 'expiresAt'>
  /** Of a marker. */
  readonly replacedAt?: number
  readonly reason?: 'login' | 'rotation'
  readonly salt?: string
}

/** A record with all that a driver says of it; `undefined` for a marker. */
export function storedRecord({ record, version, expiresAt }: Contents): StoredRecord | undefined {
  return record && { ...record, version, expiresAt }
}

/** What a write of a record leaves. `keptUntil` is the store's to say. */
export function recordContents(key: StoreKey, write: RecordWrite, counter: number, now: number): Contents {
  return contentsOf(key, recordOf(write, counter, now))
}

export function contentsOf(key: StoreKey, { version, expiresAt, ...record }: StoredRecord): Contents {
  return { key, kind: 'record', version, expiresAt, keptUntil: expiresAt, record }
}

/** What a write of a marker leaves in a record's place. */
export function markerContents(old: Contents, marker: MarkerWrite, now: number): Contents {
  const { key, version } = old
  const { reason, salt, writeToken } = marker
  const expiresAt = markerExpiry(old.expiresAt, marker, now)
  const next = { counter: version.counter + 1, writeToken }
  return {
    key,
    kind: 'marker',
    version: next,
    expiresAt,
    keptUntil: expiresAt,
    replacedAt: now,
    reason,
    ...(salt !== undefined && { salt }),
  }
}

/** Reads what a store gave back; `undefined` when it is nothing that was written here. */
export function readContents(value: unknown): Contents | undefined {
  if (!isObject(value)) return undefined
  const key = asStoreKey(field(value, 'key'))
  const [kind, version, expiresAt, keptUntil] = ['kind', 'version', 'expiresAt', 'keptUntil'].map((name) => field(value, name))
  if (key === undefined || !isVersion(version) || !isInstant(expiresAt) || !isInstant(keptUntil)) return undefined
  const common = { key, version: { counter: version.counter, writeToken: version.writeToken }, expiresAt, keptUntil }
  if (kind === 'record') {
    const record = readRecord(field(value, 'record'))
    return record && { ...common, kind, record }
  }
  const [replacedAt, reason, salt] = ['replacedAt', 'reason', 'salt'].map((name) => field(value, name))
  if (kind !== 'marker' || !isInstant(replacedAt) || (reason !== 'login' && reason !== 'rotation')) return undefined
  if (salt !== undefined && typeof salt !== 'string') return undefined
  return { ...common, kind, replacedAt, reason, ...(salt !== undefined && { salt }) }
}

function readRecord(value: unknown): Contents['record'] | undefined {
  if (!isObject(value)) return undefined
  const text = (name: string): string | undefined => textIn(value, name)
  const instant = (name: string): number | undefined => {
    const found = field(value, name)
    return isInstant(found) ? found : undefined
  }
  const [payload, flash, handle] = [text('payload'), text('flash'), text('handle')]
  const [createdAt, lastActivity] = [instant('createdAt'), instant('lastActivity')]
  if (payload === undefined || flash === undefined || handle === undefined) return undefined
  if (createdAt === undefined || lastActivity === undefined) return undefined
  return {
    payload,
    flash,
    handle,
    createdAt,
    authenticatedAt: instant('authenticatedAt'),
    regeneratedAt: instant('regeneratedAt'),
    lastActivity,
    userId: text('userId'),
    ipAddress: text('ipAddress'),
    userAgent: text('userAgent'),
  }
}

function isVersion(value: unknown): value is Version {
  return isObject(value) && Number.isSafeInteger(field(value, 'counter')) && typeof field(value, 'writeToken') === 'string'
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function textIn(value: object, name: string): string | undefined {
  const found = field(value, name)
  return typeof found === 'string' ? found : undefined
}

function field(value: object, name: string): unknown {
  return Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined
}
