import type { StoredRecord } from '../contracts/driver.ts'
import type { Restored } from '../contracts/serializer.ts'
import { SessionError, isSessionError } from '../session/errors.ts'
import type { StoreKey } from '../session/id.ts'
import { isPlainObject } from '../session/plain.ts'
import type { SessionState } from '../session/session-state.ts'
import type { House } from './house.ts'

/** The plain texts that a record was restored from: what is prepared is compared with them. */
export interface Loaded {
  readonly payload: string
  readonly flash: string
  /** They should be written again though nothing changed. */
  readonly isStale: boolean
}

/** Texts to be written; `undefined` where nothing changed. */
export interface Texts {
  readonly payload: string | undefined
  readonly flash: string | undefined
}

const UNCHANGED: Texts = { payload: undefined, flash: undefined }

/**
 * Restores a record into a session's bags, without a promise when there is nothing to wait for.
 * @throws {SessionError} `ERR_SESSION_UNREADABLE` when it cannot be: it stays as it is.
 */
export function loadContents(house: House, state: SessionState, key: StoreKey, record: StoredRecord): Loaded | Promise<Loaded> {
  const { serializer, checkData } = house
  try {
    const payload = serializer.restore(record.payload, { key, field: 'payload' })
    if (payload instanceof Promise || checkData !== undefined) return loadLater(house, state, key, record, payload)
    const flash = serializer.restore(record.flash, { key, field: 'flash' })
    if (flash instanceof Promise) return loadLater(house, state, key, record, payload, flash)
    return take(state, objectOf(payload, 'payload'), record, payload, flash)
  } catch (cause) {
    throw unreadable(key, cause)
  }
}

async function loadLater(
  { serializer, checkData }: House,
  state: SessionState,
  key: StoreKey,
  record: StoredRecord,
  restoring: Restored | Promise<Restored>,
  restoringFlash?: Promise<Restored>,
): Promise<Loaded> {
  try {
    const payload = restoring instanceof Promise ? await restoring : restoring
    const flash = await (restoringFlash ?? Promise.resolve(serializer.restore(record.flash, { key, field: 'flash' })))
    const attributes = objectOf(payload, 'payload')
    return take(state, checkData === undefined ? attributes : await checkData(attributes), record, payload, flash)
  } catch (cause) {
    throw unreadable(key, cause)
  }
}

function take(state: SessionState, attributes: Record<string, unknown>, record: StoredRecord, payload: Restored, flash: Restored): Loaded {
  state.load(attributes, objectOf(flash, 'flash'), record)
  return { payload: payload.loaded, flash: flash.loaded, isStale: payload.stale || flash.stale }
}

function unreadable(key: StoreKey, cause: unknown): SessionError {
  // What the request says of itself may be wrong as well, such as its address: that is no fault of the record.
  if (isSessionError(cause) && cause.code === 'ERR_SESSION_INVALID_ARGUMENT') return cause
  return SessionError.unreadable(key, cause instanceof SessionError ? cause.message : 'its serializer failed', { cause })
}

/** The plain texts of a record, without touching a session's bags. */
export async function loadedFrom(house: House, stored: { readonly key: StoreKey; readonly record: StoredRecord }): Promise<Loaded> {
  const { key, record } = stored
  const payload = await house.serializer.restore(record.payload, { key, field: 'payload' })
  const flash = await house.serializer.restore(record.flash, { key, field: 'flash' })
  return { payload: payload.loaded, flash: flash.loaded, isStale: payload.stale || flash.stale }
}

/**
 * Prepares what must be written under a key, leaving out what did not change since `loaded`. From this call on a change counts as
 * one that is not in it.
 */
export function prepareContents(house: House, state: SessionState, key: StoreKey, loaded: Loaded | undefined): Texts | Promise<Texts> {
  const { serializer, checkData } = house
  const skipsPayload = loaded !== undefined && !loaded.isStale && !state.mayHaveChanged
  const skipsFlash = loaded !== undefined && !loaded.isStale && !state.flashes.isChanged
  if (skipsPayload && skipsFlash) return UNCHANGED
  const fresh = loaded === undefined || loaded.isStale
  const isSimplyChanged = !fresh && checkData === undefined && state.isSimplyChanged
  const payload = skipsPayload
    ? undefined
    : serializer.prepare(state.payload(), { key, field: 'payload', loaded: fresh ? undefined : loaded.payload, isSimplyChanged })
  const flash = skipsFlash
    ? undefined
    : serializer.prepare(state.flashes.pending(), { key, field: 'flash', loaded: fresh ? undefined : loaded.flash })
  state.markSaved()
  if (payload instanceof Promise || flash instanceof Promise) return bothOf(payload, flash)
  return payload === undefined && flash === undefined ? UNCHANGED : { payload, flash }
}

async function bothOf(
  payload: string | undefined | Promise<string | undefined>,
  flash: string | undefined | Promise<string | undefined>,
): Promise<Texts> {
  const [payloadText, flashText] = await Promise.all([payload, flash])
  return { payload: payloadText, flash: flashText }
}

function objectOf(restored: Restored, field: string): Record<string, unknown> {
  const { value } = restored
  if (isPlainObject(value)) return value
  throw SessionError.deserializationFailed(`The ${field} is not an object.`)
}
