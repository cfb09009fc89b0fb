import type { Destroyed, Found, UpdateResult } from '../../contracts/driver.ts'
import { isSessionError } from '../../session/errors.ts'
import type { StoreKey } from '../../session/id.ts'
import { type Row, SqlFailure } from './bridges/bridge.ts'
import { type Head, headOf, recordOf } from './rows.ts'

export type Updated = UpdateResult | { readonly kind: 'other user' }

export function foundIn(key: StoreKey, row: Row): Found | undefined {
  const head = headOf(key, row)
  if (head === undefined) return undefined
  if (head.metadata === undefined) return { kind: 'marker', marker: head.marker, now: head.now }
  return { kind: 'record', record: recordOf(key, head, head.metadata, row), now: head.now }
}

export function destroyedOf(head: Head | undefined): Destroyed {
  if (head === undefined) return { kind: 'nothing' }
  return head.marker === undefined ? { kind: 'record' } : { kind: 'marker', marker: head.marker }
}

/** Whether a `destroy` has nothing to remove: there is nothing, or the marker of a rotation. */
export function staysThere(head: Head | undefined): boolean {
  return head === undefined || head.marker?.reason === 'rotation'
}

/** What was removed, of which only a text may still have been damaged. */
export function removedIn(key: StoreKey, row: Row): Destroyed {
  try {
    return destroyedOf(headOf(key, row))
  } catch {
    return { kind: 'record' }
  }
}

export function isDuplicate(error: unknown): boolean {
  return isSessionError(error) && error.cause instanceof SqlFailure && error.cause.reason === 'duplicate'
}
