import type {
  Acquired,
  CommitOptions,
  ListingDriver,
  ListedSession,
  LockingDriver,
  Marker,
  MarkerWrite,
  RecordWrite,
  SessionDriver,
  StoredRecord,
  TextsWrite,
  Version,
} from '../../contracts/driver.ts'
import { type StoreKey, asStoreKey } from '../../session/id.ts'
import { randomHex } from '../../session/random.ts'
import { assert, ofKind } from '../assert.ts'

/** An hour: what no test waits for. */
export const LONG = 3_600_000
/** Options of a commit that gives the lease back. */
export const GIVE_BACK: CommitOptions = { leaseMs: LONG }

export function newToken(): string {
  return randomHex(16)
}

/** A key of 32 random bytes, or of as many as asked for. */
export function newKey(byteLength = 32): StoreKey {
  const key = asStoreKey(randomHex(byteLength))
  assert(key !== undefined, 'a key has 40 or 64 hex digits')
  return key
}

/** A record of a new session that lives long. */
export function aRecord(changes: Partial<RecordWrite> = {}): RecordWrite {
  return {
    payload: '{"user":{"name":"Ada"}}',
    flash: '{}',
    handle: newToken(),
    createdAt: 'now',
    authenticatedAt: undefined,
    regeneratedAt: undefined,
    userId: undefined,
    ipAddress: '192.0.2.1',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64)',
    durations: { idleMs: LONG, absoluteMs: undefined },
    writeToken: newToken(),
    ...changes,
  }
}

/** Texts that are to take the place of others. */
export function someTexts(changes: Partial<TextsWrite> = {}): TextsWrite {
  return { payload: 'sealed payload', flash: 'sealed flash', writeToken: newToken(), ...changes }
}

/** Durations of a record that ends after so many milliseconds. */
export function livesFor(idleMs: number): Pick<RecordWrite, 'durations'> {
  return { durations: { idleMs, absoluteMs: undefined } }
}

export function aMarker(changes: Partial<MarkerWrite> = {}): MarkerWrite {
  return { reason: 'rotation', salt: newToken(), minimumMs: LONG, maximumMs: 24 * LONG, writeToken: newToken(), ...changes }
}

export interface Stored {
  readonly key: StoreKey
  readonly version: Version
  readonly expiresAt: number
  readonly write: RecordWrite
}

/** Stores a record under a new key. */
export async function store(driver: SessionDriver, changes: Partial<RecordWrite> = {}, key: StoreKey = newKey()): Promise<Stored> {
  const write = aRecord(changes)
  const inserted = await driver.insert(key, write)
  assert(inserted !== undefined, 'insert: the key was free, and it answered that it is taken')
  return { key, write, ...inserted }
}

export async function recordUnder(driver: SessionDriver, key: StoreKey): Promise<StoredRecord> {
  return ofKind(await driver.read(key), 'record').record
}

export async function markerUnder(driver: SessionDriver, key: StoreKey): Promise<Marker> {
  return ofKind(await driver.read(key), 'marker').marker
}

export type Held = Extract<Acquired, { readonly kind: 'held' }>

/** Takes a lease that must be free. */
export async function hold(driver: LockingDriver, key: StoreKey, leaseMs: number = LONG): Promise<Held> {
  return ofKind(await driver.acquire(key, { token: newToken(), leaseMs }), 'held')
}

/** What another would be told that asks for the lease now; a lease that it gets it gives back. */
export async function askFor(driver: LockingDriver, key: StoreKey): Promise<Acquired['kind']> {
  const token = newToken()
  const acquired = await driver.acquire(key, { token, leaseMs: LONG })
  if (acquired.kind === 'held') await driver.unlock({ key, token })
  return acquired.kind
}

/** Stores a record and puts a marker in its place. */
export async function storeMarker(
  driver: LockingDriver,
  changes: Partial<MarkerWrite> = {},
): Promise<Stored & { readonly newKey: StoreKey }> {
  const old = await store(driver)
  const { lease } = await hold(driver, old.key)
  const successor = newKey()
  ofKind(await driver.replace(lease, successor, aRecord(), aMarker(changes), GIVE_BACK), 'written')
  return { ...old, newKey: successor }
}

/** All pages of a list. */
export async function listAll(driver: ListingDriver, userId?: string, limit = 100): Promise<ListedSession[]> {
  const sessions: ListedSession[] = []
  let cursor: string | undefined
  for (let pages = 0; pages < 1000; pages++) {
    const page = await driver.list({ ...(userId === undefined ? {} : { userId }), cursor, limit })
    assert(page.sessions.length <= limit, `list: a page of ${page.sessions.length} sessions where at most ${limit} were asked for`)
    sessions.push(...page.sessions)
    cursor = page.cursor
    if (cursor === undefined) return sessions
  }
  throw new Error('list: 1000 pages, and no end')
}

/** Gives others a turn: for tests that try again. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve))
}
