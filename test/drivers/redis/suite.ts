import { AsyncLocalStorage } from 'node:async_hooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RedisDriver, type RedisDriverOptions } from '../../../src/drivers/redis/redis-driver.ts'
import { driverSuite } from '../../../src/testing/index.ts'

type Undo = () => void | Promise<void>

/** A client under test, and how to end it. */
export interface TestClient {
  readonly client: RedisDriverOptions['client']
  readonly end: () => Promise<void> | void
  /** Cuts it off from the server; gives what lets it back. */
  readonly cut?: () => Undo | Promise<Undo>
  /** Lets nothing through to the server or from it, on connections that stand or are made; gives what lets it through again. */
  readonly hold?: () => Undo
}

/** How the suite reaches a topology, beside the client that it tests. */
export interface Topology {
  /** A new client, connected or not. Called twice for each test: for each of two processes. */
  readonly makeClient: () => TestClient | Promise<TestClient>
  /** A new client that can be cut off, it alone: for the tests that do so. What that takes would only slow the others down. */
  readonly makeCuttableClient: () => Promise<TestClient>
  /** A client of the same library for a server that is not there. */
  readonly makeLostClient: () => TestClient | Promise<TestClient>
  /** Damages the header under a key; gives what puts it back. */
  readonly damage: (key: string) => Promise<Undo>
  /** Puts keys under a prefix on all masters, so that their tables stay as they are: see `redis-filling.ts`. */
  readonly fill: (prefix: string) => Promise<unknown>
  /** Removes all keys under a prefix. */
  readonly removeUnder: (prefix: string) => Promise<void>
  readonly options?: Omit<RedisDriverOptions, 'client' | 'prefix'>
}

interface UnderTest {
  readonly prefix: string
  readonly client: TestClient
}

/** Whether the test that runs cuts its clients off. */
const cuts = new AsyncLocalStorage<boolean>()
/** What the names of such tests say. */
const CUTTING = ['A store that failed rejects', 'Neither changes what is stored', 'Of unknown outcome']
const PREFIX = `holdfast-suite:${process.pid}-`
/** Less than connecting takes in a test that holds it up. */
const SHORT_MS = 250
let prefixes = 0

/**
 * Runs the whole suite of the contract over one kind of client. The server's clock is real: what is to end ends after a short real time, and the tests
 * run side by side, each under a prefix of its own.
 */
export function redisSuite(name: string, topology: Topology): void {
  describe(`RedisDriver over ${name} keeps the driver contract`, () => {
    const drivers = new Map<RedisDriver, UnderTest>()
    const driverOn = async (prefix: string): Promise<RedisDriver> => {
      const client = await (cuts.getStore() === true ? topology.makeCuttableClient() : topology.makeClient())
      const driver = new RedisDriver({ client: client.client, prefix, ...topology.options })
      drivers.set(driver, { prefix, client })
      return driver
    }
    const known = (driver: RedisDriver): UnderTest => drivers.get(driver) ?? fail('the suite asks about a driver that it was not given')
    const lost: TestClient[] = []

    beforeAll(async () => {
      await topology.removeUnder(PREFIX)
      await topology.fill(PREFIX)
    })
    afterAll(async () => {
      for (const client of [...lost, ...[...drivers.values()].map((driver) => driver.client)]) await client.end()
      await topology.removeUnder(PREFIX)
    })

    driverSuite<RedisDriver>(besideOthers, {
      create: () => driverOn(`${PREFIX}${(prefixes += 1)}:`),
      second: (driver) => driverOn(known(driver).prefix),
      dispose: async (driver) => {
        const { prefix } = known(driver)
        await topology.removeUnder(prefix)
        for (const [one, { prefix: own, client }] of drivers) {
          if (own !== prefix) continue
          drivers.delete(one)
          await client.end()
        }
      },
      // Tests run side by side on a machine that may be busy: what must be seen alive is given time.
      shortMs: 1000,
      corrupt: (driver, key) => topology.damage(known(driver).prefix + key),
      breakStore: (driver) => known(driver).client.cut?.() ?? fail('a test cuts a client off that was not made for it'),
      surveying: true,
      createUnopenable: async () => {
        const client = await topology.makeLostClient()
        lost.push(client)
        return new RedisDriver({ client: client.client, ...topology.options })
      },
    })

    it.concurrent('opens over a client that somebody else is connecting, as long as that may take', async () => {
      const tested = await topology.makeCuttableClient()
      const options = { client: tested.client, prefix: PREFIX, commandTimeoutSeconds: SHORT_MS / 1000, ...topology.options }
      const [first, second] = [new RedisDriver(options), new RedisDriver(options)]
      const goOn = tested.hold?.() ?? fail('its connections cannot be held up')
      const opening = Promise.allSettled([first.open(), second.open()])
      await new Promise((resolve) => setTimeout(resolve, 3 * SHORT_MS))
      await goOn()
      expect(await opening).toEqual([
        { status: 'fulfilled', value: undefined },
        { status: 'fulfilled', value: undefined },
      ])
      for (const driver of [first, second]) await driver.close()
      await tested.end()
    })
  })
}

function besideOthers(name: string, body: () => Promise<void>): void {
  const isCut = CUTTING.some((words) => name.includes(words))
  it.concurrent(name, () => cuts.run(isCut, body))
}

function fail(why: string): never {
  throw new Error(why)
}
