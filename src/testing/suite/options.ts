import type { SessionDriver } from '../../contracts/driver.ts'
import type { StoreKey } from '../../session/id.ts'

/** What registers a test: `it` of Vitest, `test` of `node:test`, `bun:test`, `Deno.test`. */
export type TestFunction = (name: string, body: () => Promise<void>) => unknown

/** Puts back what a fixture broke. */
export type Undo = () => void | Promise<void>

/** What a driver cannot do or cannot be made to do, each with its reason, which goes into the docs. */
export interface DriverLimits {
  /** A lease does not end by itself while its holder's process lives. */
  readonly leaseNeverEnds?: string
  /** No record can become unreadable. */
  readonly neverUnreadable?: string
  /** The store cannot fail. */
  readonly neverFails?: string
  /** There is nothing that `open` could find missing. */
  readonly alwaysOpens?: string
}

/** The driver under test, and what the suite must know of its store. */
export interface DriverSuiteOptions<Driver extends SessionDriver = SessionDriver> {
  /**
   * Gives a driver over a fresh, empty store. The suite opens and closes it. What it is asked at once must reach the store in that order: where
   * connections are pooled, give it a pool of one.
   */
  readonly create: () => Driver | Promise<Driver>
  /** Gives another driver over the same store, as another process would have it. Left out: the first one stands for both. */
  readonly second?: (driver: Driver) => Driver | Promise<Driver>
  /** Removes what `create` made. Called after each test. */
  readonly dispose?: (driver: Driver) => void | Promise<void>
  /** Lets milliseconds pass on an injected clock. Left out: the suite really waits. */
  readonly advance?: (ms: number) => void | Promise<void>
  /** How long the suite lets things live that it wants to see end, in milliseconds. Default: 60,000 with `advance`, else 500. */
  readonly shortMs?: number
  /** Makes the record under a key unreadable. */
  readonly corrupt?: (driver: Driver, key: StoreKey) => Undo | Promise<Undo>
  /** Makes the store fail, so that nothing can be read or written. */
  readonly breakStore?: (driver: Driver) => Undo | Promise<Undo>
  /** Gives a driver whose folder, table or server is not there. */
  readonly createUnopenable?: () => SessionDriver | Promise<SessionDriver>
  /** Whether the driver is a `LockingDriver`. Default: `true`. */
  readonly locking?: boolean
  /** Whether the driver is a `ListingDriver`. Default: `true`. */
  readonly listing?: boolean
  /** Whether the driver is a `RewritingDriver`. Default: `true`. */
  readonly rewriting?: boolean
  /** Whether the driver is a `SurveyingDriver`. Default: `false`. */
  readonly surveying?: boolean
  readonly limits?: DriverLimits
}
