import type { Destroyed, RecordWrite, UpdateResult, Version } from '../contracts/driver.ts'
import type { StoredRecord } from '../contracts/driver.ts'
import { sameVersion } from '../drivers/instants.ts'
import { UnknownOutcome, staysUnknown } from '../drivers/settle.ts'
import { isSessionError } from '../session/errors.ts'
import type { StoreKey } from '../session/id.ts'
import { foundIn } from './cabinet.ts'
import { recordContents, storedRecord } from './contents.ts'
import type { Contents } from './contents.ts'
import type { ForeignParts } from './foreign-parts.ts'

// Each step is done in the line of its key.

type Inserted = { readonly version: Version; readonly expiresAt: number }

const REMOVALS = 3

export async function insert(
  { cabinet, shared }: ForeignParts,
  key: StoreKey,
  record: RecordWrite,
  taken: Contents | undefined,
  now: number,
): Promise<Inserted | undefined> {
  if (taken !== undefined) return undefined
  const contents = recordContents(key, record, 1, now)
  await cabinet.put('insert', contents, now)
  shared.leases.delete(key)
  return { version: contents.version, expiresAt: contents.expiresAt }
}

/** Writes what is made of the record, unless somebody holds it, or it is at another version than the one asked for. */
export async function change(
  { cabinet, shared }: ForeignParts,
  operation: string,
  { key, version, now }: { readonly key: StoreKey; readonly version: Version | undefined; readonly now: number },
  make: (record: StoredRecord) => Contents,
): Promise<UpdateResult> {
  const contents = await cabinet.find(operation, key, now)
  const record = contents && storedRecord(contents)
  if (record === undefined) return { kind: 'gone' }
  if (shared.isLeased(key, now)) return { kind: 'busy' }
  if (version !== undefined && !sameVersion(record.version, version)) return { kind: 'conflict' }
  const next = make(record)
  await cabinet.put(operation, next, now)
  return { kind: 'written', version: next.version, expiresAt: next.expiresAt }
}

/** Removes what lies there, unless it is the marker of a rotation. What had ended was not there any more. */
export async function destroy({ cabinet, shared }: ForeignParts, key: StoreKey, now: number): Promise<Destroyed> {
  const contents = await cabinet.look('destroy', key).catch(asUnreadable)
  if (contents === undefined) return { kind: 'nothing' }
  const found = contents === 'unreadable' || !cabinet.isLive(contents, now) ? undefined : foundIn(contents, now)
  const marker = found?.kind === 'marker' ? found.marker : undefined
  if (marker?.reason === 'rotation') return { kind: 'marker', marker }
  await removeSurely({ cabinet, key })
  shared.leases.delete(key)
  if (marker !== undefined) return { kind: 'marker', marker }
  return contents === 'unreadable' || found !== undefined ? { kind: 'record' } : { kind: 'nothing' }
}

async function removeSurely({ cabinet, key }: Pick<ForeignParts, 'cabinet'> & { readonly key: StoreKey }): Promise<void> {
  for (let sending = 1; ; sending++) {
    try {
      return await cabinet.remove('destroy', key)
    } catch (error) {
      if (!(error instanceof UnknownOutcome)) throw error
      if (!(await cabinet.has('destroy', key))) return
      if (sending === REMOVALS) throw staysUnknown('destroy', error)
    }
  }
}

function asUnreadable(error: unknown): 'unreadable' {
  if (isSessionError(error) && error.code === 'ERR_SESSION_UNREADABLE') return 'unreadable'
  throw error
}
