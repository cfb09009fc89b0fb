import type { GcOptions } from '../contracts/driver.ts'
import type { Cabinet } from './cabinet.ts'
import type { OneProcess } from './one-process.ts'

/** What a driver over somebody else's store is made of. */
export interface ForeignParts {
  readonly name: string
  readonly cabinet: Cabinet
  readonly shared: OneProcess
  /** Unix milliseconds. */
  readonly clock: () => number
  /** Removes what has ended, and answers how much; `undefined` where the store does so by itself. */
  readonly collect: ((options: GcOptions) => Promise<number>) | undefined
}
