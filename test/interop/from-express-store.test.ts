import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { SessionDriver, StoreKey } from '../../src/index.ts'
import { fromExpressStore } from '../../src/interop/index.ts'
import type { CallbackStore } from '../../src/interop/index.ts'
import { driverSuite, testClock } from '../../src/testing/index.ts'
import { describeNeeding } from '../support/needs.ts'
import { plainClient, removeUnder } from '../support/redis-plain.ts'
import type { PlainClient } from '../support/redis-plain.ts'
import { redisForTests } from '../support/redis-server.ts'
import type { ServerForTests } from '../support/redis-server.ts'
import { breakable } from './breakable.ts'
import { FileStore, RedisStore, expressSession } from './packages.ts'

/** The store under each driver, and how to break it. */
class Stores<Store extends object> {
  readonly #byDriver = new WeakMap<SessionDriver, { readonly store: Store; readonly breakIt: () => () => void }>()

  driverOver<Driver extends SessionDriver>(store: Store, make: (store: Store) => Driver): Driver {
    const made = breakable(store)
    const driver = make(made.store)
    this.#byDriver.set(driver, made)
    return driver
  }

  of(driver: SessionDriver): { readonly store: Store; readonly breakIt: () => () => void } {
    const found = this.#byDriver.get(driver)
    if (found === undefined) throw new Error('no such driver')
    return found
  }
}

const promise = { assumeSingleProcess: true } as const
const deaf: CallbackStore = {
  get: (_sid, done) => done(new Error('nobody is there')),
  set: (_sid, _session, done) => done(new Error('nobody is there')),
  destroy: (_sid, done) => done(new Error('nobody is there')),
}

describe('a driver over the MemoryStore of express-session keeps the driver contract', () => {
  const clock = testClock()
  const stores = new Stores<InstanceType<typeof expressSession.MemoryStore>>()
  driverSuite(it, {
    create: () => stores.driverOver(new expressSession.MemoryStore(), (store) => fromExpressStore(store, { ...promise, clock: clock.now })),
    second: (driver) => fromExpressStore(stores.of(driver).store, { ...promise, clock: clock.now }),
    advance: clock.advance,
    corrupt: (driver, key) => {
      const { sessions } = stores.of(driver).store
      const before = sessions[key] ?? ''
      sessions[key] = before.replace('"kind":"record"', '"kind":"other"')
      return () => void (sessions[key] = before)
    },
    breakStore: (driver) => stores.of(driver).breakIt(),
    createUnopenable: () => fromExpressStore(deaf, promise),
  })
})

describe('a driver over session-file-store keeps the driver contract', () => {
  const clock = testClock()
  const stores = new Stores<CallbackStore>()
  const folders = new WeakMap<SessionDriver, string>()
  const folderOf = (driver: SessionDriver): string => folders.get(driver) ?? ''
  driverSuite(it, {
    create: () => {
      const path = mkdtempSync(join(tmpdir(), 'holdfast-interop-'))
      const files = new FileStore({ path, retries: 0, reapInterval: -1, logFn: () => undefined })
      const driver = stores.driverOver(files, (store) => fromExpressStore(store, { ...promise, clock: clock.now }))
      folders.set(driver, path)
      return driver
    },
    second: (driver) => fromExpressStore(stores.of(driver).store, { ...promise, clock: clock.now }),
    dispose: (driver) => rmSync(folderOf(driver), { recursive: true }),
    advance: clock.advance,
    corrupt: (driver, key) => damage(folderOf(driver), key),
    breakStore: (driver) => stores.of(driver).breakIt(),
    createUnopenable: () => fromExpressStore(deaf, promise),
    listing: false,
  })
})

function damage(folder: string, key: StoreKey): () => void {
  const name = readdirSync(folder).find((one) => one.startsWith(key)) ?? ''
  const path = join(folder, name)
  const before = readFileSync(path, 'utf8')
  writeFileSync(path, before.replace('"kind":"record"', '"kind":"other"'))
  return () => writeFileSync(path, before)
}

describeNeeding('redis', 'a driver over connect-redis', () => {
  let redis: ServerForTests
  let plain: PlainClient
  const prefix = `holdfast-interop-${process.pid}:`
  let drivers = 0

  beforeAll(async () => {
    redis = await redisForTests()
    plain = await plainClient(redis.url)
  })

  afterAll(async () => {
    await removeUnder(plain, prefix)
    plain.destroy()
    await redis.stop()
  })

  describe('keeps the driver contract', () => {
    const clock = testClock()
    const stores = new Stores<InstanceType<typeof RedisStore>>()
    const prefixes = new WeakMap<SessionDriver, string>()
    driverSuite(it, {
      create: () => {
        const own = `${prefix}${drivers++}:`
        const redisStore = new RedisStore({ client: plain, prefix: own })
        const driver = stores.driverOver(redisStore, (store) => fromExpressStore(store, { ...promise, clock: clock.now }))
        prefixes.set(driver, own)
        return driver
      },
      second: (driver) => fromExpressStore(stores.of(driver).store, { ...promise, clock: clock.now }),
      dispose: (driver) => removeUnder(plain, prefixes.get(driver) ?? prefix),
      advance: clock.advance,
      corrupt: async (driver, key) => {
        const name = `${prefixes.get(driver)}${key}`
        const before = (await plain.get(name)) ?? ''
        await plain.set(name, before.replace('"kind":"record"', '"kind":"other"'))
        return async () => void (await plain.set(name, before))
      },
      breakStore: (driver) => stores.of(driver).breakIt(),
      createUnopenable: () => fromExpressStore(deaf, promise),
    })
  })
})
