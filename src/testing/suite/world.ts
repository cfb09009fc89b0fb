import type { ListingDriver, LockingDriver, RewritingDriver, SessionDriver } from '../../contracts/driver.ts'
import type { SurveyingDriver } from '../../contracts/surveying-driver.ts'
import { SessionError } from '../../session/errors.ts'
import type { StoreKey } from '../../session/id.ts'
import { knownFields } from '../../session/option-check.ts'
import { assert } from '../assert.ts'
import type { DriverSuiteOptions, TestFunction, Undo } from './options.ts'

/** What a test of the suite has. */
export interface World<Driver extends SessionDriver = SessionDriver> {
  readonly driver: Driver
  /** Another driver over the same store; the same one where there is no other. */
  readonly other: Driver
  /** How long something lives that the test wants to see end. */
  readonly shortMs: number
  /** Lets so many milliseconds pass on the store's clock, and one more. */
  readonly pass: (ms: number) => Promise<void>
  readonly corrupt: (key: StoreKey) => Promise<Undo>
  readonly breakStore: () => Promise<Undo>
}

type Body<Driver extends SessionDriver> = (world: World<Driver>) => Promise<void>

/** Registers tests, each kind where the driver has what it needs. */
export interface Suite {
  readonly test: (name: string, body: Body<SessionDriver>) => void
  readonly locking: (name: string, body: Body<LockingDriver>) => void
  readonly listing: (name: string, body: Body<ListingDriver>) => void
  readonly lockingAndListing: (name: string, body: Body<LockingDriver & ListingDriver>) => void
  readonly rewriting: (name: string, body: Body<RewritingDriver>) => void
  readonly lockingAndRewriting: (name: string, body: Body<LockingDriver & RewritingDriver>) => void
  readonly surveying: (name: string, body: Body<LockingDriver & SurveyingDriver>) => void
  /** Tests that need a lease to end by itself. */
  readonly leaseEnds: (name: string, body: Body<LockingDriver>) => void
  /** Tests that need a record that cannot be read. */
  readonly unreadable: (name: string, body: Body<SessionDriver>) => void
  /** Tests that need a store that fails. */
  readonly failing: (name: string, body: Body<SessionDriver>) => void
  /** The test that needs a store that is not there. */
  readonly unopenable: (name: string, body: (driver: SessionDriver) => Promise<void>) => void
  readonly canLeaseEnd: boolean
  readonly canBeUnreadable: boolean
  readonly canFail: boolean
}

const FIELDS = 'create second dispose advance shortMs corrupt breakStore createUnopenable locking listing rewriting surveying limits'.split(
  ' ',
)
const LIMITS = ['leaseNeverEnds', 'neverUnreadable', 'neverFails', 'alwaysOpens']

export function suiteOf<Driver extends SessionDriver>(test: TestFunction, options: DriverSuiteOptions<Driver>): Suite {
  knownFields('', options, FIELDS)
  knownFields('limits', options.limits ?? {}, LIMITS)
  const { createUnopenable, limits = {}, locking = true, listing = true, rewriting = true, surveying = false } = options
  checkLimit('corrupt', options.corrupt, limits.neverUnreadable)
  checkLimit('breakStore', options.breakStore, limits.neverFails)
  checkLimit('createUnopenable', createUnopenable, limits.alwaysOpens)

  const register = (name: string, body: Body<Driver>): void => void test(name, () => inWorld(options, body))
  const lockingTest: Suite['locking'] = (name, body) => {
    if (locking) register(name, (world) => body(narrowed(world, isLocking, 'acquire', 'locking')))
  }
  return {
    test: register,
    locking: lockingTest,
    listing: (name, body) => {
      if (listing) register(name, (world) => body(narrowed(world, isListing, 'list', 'listing')))
    },
    lockingAndListing: (name, body) => {
      if (locking && listing) register(name, (world) => body(narrowed(world, isBoth, 'acquire and list', 'locking and listing')))
    },
    rewriting: (name, body) => {
      if (rewriting) register(name, (world) => body(narrowed(world, isRewriting, 'rewrite', 'rewriting')))
    },
    lockingAndRewriting: (name, body) => {
      if (locking && rewriting)
        register(name, (world) => body(narrowed(world, isLockingAndRewriting, 'acquire and rewrite', 'locking and rewriting')))
    },
    surveying: (name, body) => {
      if (surveying) register(name, (world) => body(narrowed(world, isSurveying, 'acquire and survey', 'surveying')))
    },
    leaseEnds: (name, body) => {
      if (limits.leaseNeverEnds === undefined) lockingTest(name, body)
    },
    unreadable: (name, body) => {
      if (options.corrupt !== undefined) register(name, body)
    },
    failing: (name, body) => {
      if (options.breakStore !== undefined) register(name, body)
    },
    unopenable: (name, body) => {
      if (createUnopenable !== undefined) test(name, async () => body(await createUnopenable()))
    },
    canLeaseEnd: limits.leaseNeverEnds === undefined,
    canBeUnreadable: options.corrupt !== undefined,
    canFail: options.breakStore !== undefined,
  }
}

async function inWorld<Driver extends SessionDriver>(options: DriverSuiteOptions<Driver>, body: Body<Driver>): Promise<void> {
  const { advance, corrupt, breakStore } = options
  const driver = await options.create()
  let other = driver
  try {
    await driver.open()
    other = (await options.second?.(driver)) ?? driver
    await other.open()
    await body({
      driver,
      other,
      shortMs: options.shortMs ?? (advance === undefined ? 500 : 60_000),
      pass: async (ms) => {
        if (advance === undefined) await new Promise((resolve) => setTimeout(resolve, ms + 1))
        else await advance(ms + 1)
      },
      corrupt: async (key) => (corrupt === undefined ? missing('corrupt') : await corrupt(driver, key)),
      breakStore: async () => (breakStore === undefined ? missing('breakStore') : await breakStore(driver)),
    })
  } finally {
    if (other !== driver) await other.close()
    await driver.close()
    await options.dispose?.(driver)
  }
}

function checkLimit(option: string, fixture: unknown, reason: string | undefined): void {
  if (fixture === undefined && !reason) throw SessionError.config(option, 'give it, or declare under limits why it cannot be given')
  if (fixture !== undefined && reason !== undefined) throw SessionError.config(option, 'it is given, and declared impossible under limits')
}

function narrowed<Driver extends SessionDriver>(
  world: World,
  check: (driver: SessionDriver) => driver is Driver,
  methods: string,
  option: string,
): World<Driver> {
  const { driver, other } = world
  assert(check(driver) && check(other), `the driver has no method ${methods}: add what is missing, or give the suite ${option}: false`)
  return { ...world, driver, other }
}

function missing(fixture: string): never {
  throw SessionError.config(fixture, 'a test needs it that should not have been registered')
}

function isLocking(driver: SessionDriver): driver is LockingDriver {
  return ['acquire', 'commit', 'replace', 'renew', 'unlock'].every((method) => method in driver)
}

function isListing(driver: SessionDriver): driver is ListingDriver {
  return 'list' in driver && 'revokeUser' in driver
}

function isBoth(driver: SessionDriver): driver is LockingDriver & ListingDriver {
  return isLocking(driver) && isListing(driver)
}

function isRewriting(driver: SessionDriver): driver is RewritingDriver {
  return 'rewrite' in driver
}

function isLockingAndRewriting(driver: SessionDriver): driver is LockingDriver & RewritingDriver {
  return isLocking(driver) && isRewriting(driver)
}

function isSurveying(driver: SessionDriver): driver is LockingDriver & SurveyingDriver {
  return isLocking(driver) && 'survey' in driver
}
