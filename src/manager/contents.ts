import type { StoredRecord } from '../contracts/driver.ts'
import type { Restored, Serializer } from '../contracts/serializer.ts'
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

type Prepared = ReturnType<Serializer['prepare']>

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
    const payload = await restoring
    const flash = await (restoringFlash ?? serializer.restore(record.flash, { key, field: 'flash' }))
    const attributes = objectOf(payload, 'payload')
    return take(state, checkData === undefined ? attributes : await checkData(attributes), record, payload, flash)
  } catch (cause) {
    throw unreadable(key, cause)
  }
}

function take(state: SessionState, attributes: Record<string, unknown>, record: StoredRecord, payload: Restored, flash: Restored): Loaded {
  state.load(attributes, objectOf(flash, 'flash'), record)
  return loadedOf(payload, flash)
}

function loadedOf(payload: Restored, flash: Restored): Loaded {
  return { payload: payload.loaded, flash: flash.loaded, isStale: payload.stale || flash.stale }
}

// No fault of the record: what the request says of itself may be wrong, such as its address, and keys may be out of reach.
const OTHERS_FAULT: readonly string[] = [
  'ERR_SESSION_INVALID_ARGUMENT',
  'ERR_SESSION_DRIVER_FAILED',
  'ERR_SESSION_CONFIG',
  'ERR_SESSION_CONFLICT',
]

function unreadable(key: StoreKey, cause: unknown): SessionError {
  if (isSessionError(cause) && OTHERS_FAULT.includes(cause.code)) return cause
  return SessionError.unreadable(key, cause instanceof SessionError ? cause.message.replace(/\.$/, '') : 'its serializer failed', { cause })
}

/** The plain texts of a record, without touching a session's bags. */
export async function loadedFrom(house: House, stored: { readonly key: StoreKey; readonly record: StoredRecord }): Promise<Loaded> {
  const { key, record } = stored
  const payload = await house.serializer.restore(record.payload, { key, field: 'payload' })
  const flash = await house.serializer.restore(record.flash, { key, field: 'flash' })
  return loadedOf(payload, flash)
}

/**
 * Prepares what must be written under a key, leaving out what did not change since `loaded`. From this call on a change counts as
 * one that is not in it.
 */
export function prepareContents(house: House, state: SessionState, key: StoreKey, loaded: Loaded | undefined): Texts | Promise<Texts> {
  const { serializer, checkData } = house
  const before = loaded === undefined || loaded.isStale ? undefined : loaded
  const skipsPayload = before !== undefined && !state.mayHaveChanged
  const skipsFlash = before !== undefined && !state.flashes.isChanged
  if (skipsPayload && skipsFlash) {
    state.journal?.mark()
    return UNCHANGED
  }
  const isSimplyChanged = before !== undefined && checkData === undefined && state.isSimplyChanged
  // That a request came from elsewhere is no reason to write; but what is written says so.
  const isMoved = before !== undefined && state.isMoved
  const isMetadataChanged = state.metadata.isChanged
  const prepare = (value: Record<string, unknown>): Prepared =>
    serializer.prepare(value, { key, field: 'payload', loaded: before?.payload, isSimplyChanged })
  const payload = skipsPayload ? undefined : prepare(state.payload(isMoved))
  const moved = isMoved ? prepare(state.payload()) : undefined
  const flash = skipsFlash ? undefined : serializer.prepare(state.flashes.pending(), { key, field: 'flash', loaded: before?.flash })
  state.markSaved()
  const textsOf = (payloadText?: string, flashText?: string, movedText?: string): Texts => {
    const isWritten = isMetadataChanged || payloadText !== undefined || flashText !== undefined
    if (isMoved && isWritten) return { payload: movedText, flash: flashText }
    return payloadText === undefined && flashText === undefined ? UNCHANGED : { payload: payloadText, flash: flashText }
  }
  if (payload instanceof Promise || flash instanceof Promise || moved instanceof Promise) {
    return Promise.all([payload, flash, moved]).then((texts) => textsOf(...texts))
  }
  return textsOf(payload, flash, moved)
}

function objectOf(restored: Restored, field: string): Record<string, unknown> {
  const { value } = restored
  if (isPlainObject(value)) return value
  throw SessionError.deserializationFailed(`The ${field} is not an object.`)
}
