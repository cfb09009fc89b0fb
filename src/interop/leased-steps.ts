import type { CommitOptions, CommitResult, Lease, MarkerWrite, RecordWrite, StoredRecord } from '../contracts/driver.ts'
import { sameVersion, touched } from '../drivers/instants.ts'
import { replaceInTwoSteps } from '../drivers/replace.ts'
import { settleCommit, settleRelease } from '../drivers/settle.ts'
import type { StoreKey } from '../session/id.ts'
import { randomHex } from '../session/random.ts'
import { contentsOf, markerContents, recordContents, storedRecord } from './contents.ts'
import type { Contents } from './contents.ts'
import type { ForeignParts } from './foreign-parts.ts'
import { insert } from './unleased-steps.ts'

// Each step is done in the line of its key. What becomes of the lease is decided when it is settled what became of the write.

type Committed = Extract<CommitResult, { readonly kind: 'written' }>

/** Writes a record, or nothing but perhaps its use, and gives the lease back or lets it go on. */
export async function commit(
  parts: ForeignParts,
  owner: object,
  lease: Lease,
  record: RecordWrite | undefined,
  options: CommitOptions,
  now: number,
): Promise<CommitResult> {
  const { cabinet } = parts
  const { key } = lease
  const { keepLease, touch } = options
  const readBack = () => cabinet.readBack('commit', key, now)
  const make = (old: StoredRecord): Contents | undefined => {
    if (record !== undefined) return recordContents(key, record, old.version.counter + 1, now)
    return touch && contentsOf(key, { ...old, ...touched(old, touch, now) })
  }
  const send = (): Promise<CommitResult> => underLease(parts, 'commit', lease, now, make)
  const result =
    record === undefined
      ? await settleRelease(send, readBack)
      : await settleCommit(lease, keepLease, { send, readBack, writeToken: record.writeToken })
  return goOn(parts, owner, lease.key, result, options, now)
}

export async function replace(
  parts: ForeignParts,
  owner: object,
  lease: Lease,
  target: { readonly key: StoreKey; readonly record: RecordWrite; readonly marker: MarkerWrite | undefined },
  options: CommitOptions,
  now: number,
): Promise<CommitResult> {
  const { cabinet, shared } = parts
  const { marker } = target
  const mark = async (): Promise<CommitResult> => {
    if (marker !== undefined) return underLease(parts, 'replace', lease, now, (_, old) => markerContents(old, marker, now))
    const answer = await underLease(parts, 'replace', lease, now, () => undefined)
    if (answer.kind === 'written') await cabinet.remove('replace', lease.key)
    return answer
  }
  const allowed = await underLease(parts, 'replace', lease, now, () => undefined)
  if (allowed.kind !== 'written') return allowed
  const taken = await cabinet.find('replace', target.key, now)
  const result = await replaceInTwoSteps({
    insert: () => insert(parts, target.key, target.record, taken, now),
    mark,
    readOld: () => cabinet.readBack('replace', lease.key, now),
    destroyNew: () => cabinet.remove('replace', target.key),
    newKey: target.key,
    markToken: marker?.writeToken ?? randomHex(16),
    lease,
    keepLease: options.keepLease,
  })
  if (result.kind === 'written') shared.leases.delete(lease.key)
  return goOn(parts, owner, target.key, result, options, now)
}

/** Writes what is made of the record if the lease is held and the version is the one read; when nothing is made, it only says whether. */
async function underLease(
  { cabinet, shared }: ForeignParts,
  operation: string,
  lease: Lease,
  now: number,
  make: (record: StoredRecord, old: Contents) => Contents | undefined,
): Promise<CommitResult> {
  const contents = await cabinet.find(operation, lease.key, now)
  const record = contents && storedRecord(contents)
  if (contents === undefined || record === undefined) return { kind: 'gone' }
  if (!shared.holds(lease.key, lease.token, now) || !sameVersion(record.version, lease.version)) return { kind: 'lost' }
  const next = make(record, contents)
  if (next !== undefined) await cabinet.put(operation, next, now)
  const { version, expiresAt } = next ?? contents
  return { kind: 'written', version, expiresAt, lease: undefined, readBack: false }
}

/** Gives the lease back, or to whom it goes on. */
function goOn(
  { shared }: ForeignParts,
  owner: object,
  key: StoreKey,
  result: CommitResult,
  { keepLease, leaseMs }: CommitOptions,
  now: number,
): CommitResult {
  if (result.kind !== 'written') return result
  if (keepLease === undefined) shared.leases.delete(key)
  else shared.leases.set(key, { token: keepLease, endsAt: now + leaseMs, owner })
  const going: Committed['lease'] = keepLease === undefined ? undefined : { key, token: keepLease, version: result.version }
  return { ...result, lease: going }
}
