import type { OwnDriver } from '../shared/drivers.ts'

/** What is in a store, by its own count. */
export interface InStore {
  /** Sessions that have not expired, and those that somebody holds. */
  readonly living: number
  /** What `holdfast gc` is there for: expired records, and on Redis entries of users' lists under which there is no session any more. */
  readonly stale: number
  /** Sessions with both texts under the new key, expired or not. */
  readonly underNew: number
}

export type Work = 'stats' | 'reseal' | 'gc'

/** About so many bytes are asked for in such a work: before it begins, and for each record. It only says where the midst of it is. */
export type Asked = Readonly<Record<Work, readonly [before: number, each: number]>>

/** A server of its own, with many sealed sessions. */
export interface ManySealed extends AsyncDisposable {
  readonly title: string
  readonly port: number
  readonly asked: Asked
  /** The configuration that leads the command there. */
  configAt(port: number): object
  /** Stores sessions, each sealed under the old key. */
  fill(count: number, seed: number): Promise<void>
  /** Connects as an application does. */
  connect(): Promise<OwnDriver>
  /** Lets those expire that are to, of so many. */
  expire(count: number): Promise<void>
  count(): Promise<InStore>
}
