import { until } from '../../proof/faults/until.ts'
import { hashId } from '../../src/manager/digest.ts'
import { type StoreKey, asSessionId } from '../../src/session/id.ts'
import type { Library } from './drivers.ts'

/** What lies in a store when a run has ended. */
export interface Leftovers {
  readonly records: number
  /** Leases that live. */
  readonly locksLeft: number
  /** Records that nothing would ever remove. */
  readonly keysForEver: number
}

/** When the lease of a session ends or has ended, 0 when it was given back; and the store's clock. Unix milliseconds. */
export interface LeaseEnd {
  readonly endsAt: number
  readonly now: number
}

/** Where the sessions of a run are kept: a server or a file of its own. It is looked at past the driver. */
export interface Place extends AsyncDisposable {
  /** With its version, where the name of a client does not say it. */
  readonly title: string
  /** What a client connects to, in this process or another. */
  readonly address: string
  /** Clients to be used in turns. */
  readonly libraries: readonly [Library, ...Library[]]
  leftovers(): Promise<Leftovers>
  leaseOf(key: StoreKey): Promise<LeaseEnd>
  /**
   * Waits until all is carried out that a process has sent which stands still. True: it stands inside of a statement, and nobody else can write
   * until it goes on.
   */
  blockedBy(pid: number): Promise<boolean>
}

/** A place that can fail. */
export interface ServerPlace extends Place {
  /** For a proxy in front of it. */
  readonly port: number
  /** What a client connects to that goes through the proxy. */
  addressAt(port: number): string
  /** Its processes, as of now. */
  pids(): readonly number[]
  /** SIGKILL. */
  kill(): Promise<unknown>
  /** Ends it properly if it still runs, and starts it again. */
  restart(): Promise<void>
}

/** Longer than any lease of these runs. */
const LEASES_END_MS = 15_000

/** One after the other, again and again. */
export function libraryAt({ libraries }: Place, index: number): Library {
  return libraries[index % libraries.length] ?? libraries[0]
}

/** What is left once the leases of those that died have ended. */
export async function leftoversInTheEnd({ leftovers }: Pick<Place, 'leftovers'>): Promise<Leftovers> {
  const areOver = async (): Promise<boolean> => (await leftovers()).locksLeft === 0
  await until('the last lease to end', areOver, LEASES_END_MS).catch(() => undefined)
  return await leftovers()
}

/** What a driver calls the session of an id. */
export async function keyOf(id: string): Promise<StoreKey> {
  const known = asSessionId(id)
  if (known === undefined) throw new TypeError('not a session id')
  return await hashId(known)
}
