import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type {
  CommitOptions,
  Lease,
  ListingDriver,
  LockingDriver,
  RecordWrite,
  RewritingDriver,
  TextsWrite,
  Version,
} from '../../src/contracts/driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import type { StoreKey } from '../../src/session/id.ts'
import { testClock } from '../../src/testing/index.ts'
import { aMarker, aRecord, listAll, newKey } from '../../src/testing/suite/records.ts'
import { ShakyDriver } from '../support/shaky-driver.ts'
import { ShakyStore } from '../support/shaky-store.ts'

const KEYS = [newKey(), newKey(), newKey(20), newKey(20)]
const TOKENS = ['one', 'two', 'three']
const USERS = ['ada', 'bob', undefined]

type Driver = LockingDriver & ListingDriver & RewritingDriver
type Step = (driver: Driver) => Promise<unknown>

const key = fc.constantFrom(...KEYS)
const token = fc.constantFrom(...TOKENS)
const durations = fc.record({
  idleMs: fc.integer({ min: 1, max: 40 }),
  absoluteMs: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
})
// Few write tokens and counters, so that conditions meet and miss each other.
const version: fc.Arbitrary<Version> = fc.record({ counter: fc.integer({ min: 1, max: 3 }), writeToken: fc.constantFrom('w1', 'w2') })
const write: fc.Arbitrary<RecordWrite> = fc
  .record({
    writeToken: fc.constantFrom('w1', 'w2'),
    payload: fc.string({ maxLength: 3 }),
    userId: fc.constantFrom(...USERS),
    handle: fc.constantFrom('h1', 'h2'),
    durations,
  })
  .map((changes) => aRecord(changes))
const texts: fc.Arbitrary<TextsWrite> = fc.record({
  writeToken: fc.constantFrom('w1', 'w2'),
  payload: fc.string({ maxLength: 3 }),
  flash: fc.string({ maxLength: 3 }),
})
const leaseMs = fc.integer({ min: 1, max: 30 })
const options = fc.record({ leaseMs, keepLease: fc.option(token, { nil: undefined }), touch: fc.option(durations, { nil: undefined }) })
const marker = fc.option(fc.record({ minimumMs: fc.integer({ min: 1, max: 20 }), maximumMs: fc.integer({ min: 20, max: 60 }) }), {
  nil: undefined,
})
const lease = fc.record({ key, token, version })

const clock = testClock()

function steps<Values>(values: fc.Arbitrary<Values>, act: (driver: Driver, values: Values) => Promise<unknown>): fc.Arbitrary<Step> {
  return values.map((chosen) => (driver) => act(driver, chosen))
}

const step: fc.Arbitrary<Step> = fc.oneof(
  steps(fc.tuple(key, write), (driver, [k, w]) => driver.insert(k, w)),
  steps(fc.tuple(key, write, version), (driver, [k, w, v]) => driver.update(k, w, v)),
  steps(fc.tuple(key, durations, fc.option(version, { nil: undefined })), (driver, [k, d, v]) => driver.touch(k, d, v)),
  steps(fc.tuple(key, texts, version), (driver, [k, t, v]) => driver.rewrite(k, t, v)),
  steps(key, (driver, k) => driver.destroy(k)),
  steps(key, (driver, k) => driver.read(k)),
  steps(fc.tuple(key, token, leaseMs), (driver, [k, t, ms]) => driver.acquire(k, { token: t, leaseMs: ms })),
  steps(fc.tuple(lease, fc.option(write, { nil: undefined }), options), (driver, [l, w, o]) => driver.commit(l, w, o)),
  steps(fc.tuple(lease, key, write, marker, options), replace),
  steps(fc.tuple(lease, leaseMs), (driver, [l, ms]) => driver.renew(l, ms)),
  steps(lease, (driver, l) => driver.unlock(l)),
  steps(fc.constantFrom(...USERS), async (driver, user) => (await listAll(driver, user, 2)).toSorted((a, b) => (a.key < b.key ? -1 : 1))),
  steps(fc.constantFrom('h1', undefined), (driver, exceptHandle) => driver.revokeUser('ada', { exceptHandle })),
  steps(fc.constant('collected'), (driver, done) => driver.gc().then(() => done)),
)

/** In two steps a refused move may leave its new record, and looks at the two keys in another order. */
async function replace(
  driver: Driver,
  [from, to, record, bounds, how]: [Lease, StoreKey, RecordWrite, { minimumMs: number; maximumMs: number } | undefined, CommitOptions],
): Promise<unknown> {
  if (from.key === to) return 'nobody asks for that'
  const wasFree = (await driver.read(to)) === undefined
  const put = bounds && aMarker({ ...bounds, salt: 'salt' })
  const result = await driver.replace(from, to, record, put, how)
  if (result.kind === 'written') return result
  if (wasFree) await driver.destroy(to)
  return 'refused'
}

describe('MemoryDriver', () => {
  it('answers like a plain map from key to record, in every order of calls', async () => {
    const moves = fc.array(fc.tuple(step, fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 25 }))), { minLength: 1, maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(moves, async (history) => {
        const memory = new MemoryDriver({ clock: clock.now })
        const plain = new ShakyDriver({ store: new ShakyStore(clock) })
        for (const [call, ms] of history) {
          clock.advance(ms)
          expect(await call(memory)).toEqual(await call(plain))
        }
      }),
      { numRuns: 500 },
    )
  })
})
