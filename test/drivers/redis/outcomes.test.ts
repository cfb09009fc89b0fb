import { inspect } from 'node:util'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { RedisFailure } from '../../../src/drivers/redis/redis-errors.ts'
import { RedisDriver } from '../../../src/drivers/redis/redis-driver.ts'
import { COMMIT } from '../../../src/drivers/redis/scripts/commit.ts'
import { DESTROY } from '../../../src/drivers/redis/scripts/destroy.ts'
import { INSERT } from '../../../src/drivers/redis/scripts/insert.ts'
import { MARK } from '../../../src/drivers/redis/scripts/mark.ts'
import { PEEK } from '../../../src/drivers/redis/scripts/read.ts'
import { type Script, digestOf } from '../../../src/drivers/redis/scripts/script.ts'
import { REWRITE, UPDATE } from '../../../src/drivers/redis/scripts/update.ts'
import { UnknownOutcome } from '../../../src/drivers/settle.ts'
import type { SessionError } from '../../../src/session/errors.ts'
import { GIVE_BACK, aMarker, aRecord, hold, newKey, recordUnder, someTexts, store } from '../../../src/testing/suite/records.ts'
import { describeNeeding } from '../../support/needs.ts'
import { type Place, type PlainClient, newPrefix, openPlace } from '../../support/redis-plain.ts'
import { redisForTests } from '../../support/redis-server.ts'
import { singleClients } from './clients.ts'
import { type FaultyLine, openFaultyLine } from './faulty-line.ts'
import type { TestClient } from './suite.ts'

const BOUND_SECONDS = 1

/** What was asked for is sent; its answers come while nobody looks. */
async function standStill(ms: number): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  for (const end = performance.now() + ms; performance.now() < end;);
}

for (const [name, make] of Object.entries(singleClients)) {
  describeNeeding('redis', `what becomes of a command over ${name}`, () => {
    const prefix = newPrefix()
    let place: Place
    let plain: PlainClient
    let line: FaultyLine
    let client: TestClient
    let driver: RedisDriver

    beforeAll(async () => {
      place = await openPlace(prefix)
      plain = place.plain
    })
    afterAll(async () => {
      await place.close()
    })
    beforeEach(async () => {
      line = await openFaultyLine(place.url)
      client = make(line.url)
      driver = new RedisDriver({ client: client.client, prefix, commandTimeoutSeconds: BOUND_SECONDS })
      await driver.open()
      // The server knows the scripts afterwards, so that each is sent by its digest.
      const { key, version } = await store(driver)
      await driver.update(key, aRecord(), version)
      await driver.rewrite(key, someTexts(), (await recordUnder(driver, key)).version)
      const { lease } = await hold(driver, key)
      await driver.replace(lease, newKey(), aRecord(), aMarker(), GIVE_BACK)
      const next = await store(driver)
      await driver.commit((await hold(driver, next.key)).lease, aRecord(), GIVE_BACK)
      await driver.destroy(next.key)
    })
    afterEach(async () => {
      await driver.close()
      await client.end()
      await line.close()
    })

    it('an answer that came while the process stood still is one', async () => {
      const direct = make(place.url)
      const hasty = new RedisDriver({ client: direct.client, prefix, commandTimeoutSeconds: 0.2 })
      await hasty.open()
      const { key } = await store(hasty)
      const answered = async <Answer>(asked: Promise<Answer>): Promise<Answer> => (await Promise.all([asked, standStill(500)]))[0]
      for (let times = 0; times < 3; times++) {
        await answered(hasty.read(key))
        const { lease } = await answered(hold(hasty, key))
        await answered(hasty.commit(lease, aRecord(), GIVE_BACK))
      }
      await hasty.close()
      await direct.end()
    })

    it('a commit that arrived and was not answered is found by reading back, and was sent once', async () => {
      const { key } = await store(driver)
      const { lease } = await hold(driver, key)
      const sent = await counted(COMMIT)
      line.next(await digestOf(COMMIT), 'lost after')
      expect(await driver.commit(lease, aRecord({ payload: 'once' }), GIVE_BACK)).toMatchObject({ kind: 'written', readBack: true })
      expect(await recordUnder(driver, key)).toMatchObject({ payload: 'once', version: { counter: 2 } })
      expect(await sent()).toBe(1)
    })

    it('a commit that never arrived is sent again once that is known', async () => {
      const { key } = await store(driver)
      const { lease } = await hold(driver, key)
      const sent = await counted(COMMIT)
      line.next(await digestOf(COMMIT), 'lost before')
      expect(await driver.commit(lease, aRecord({ payload: 'twice' }), GIVE_BACK)).toMatchObject({ kind: 'written', readBack: true })
      expect(await recordUnder(driver, key)).toMatchObject({ payload: 'twice', version: { counter: 2 } })
      expect(await sent()).toBe(2)
    })

    it('an update that arrived and was not answered is found by reading back, and was sent once', async () => {
      const { key, version } = await store(driver)
      const sent = await counted(UPDATE)
      line.next(await digestOf(UPDATE), 'lost after')
      expect(await driver.update(key, aRecord({ payload: 'once' }), version)).toMatchObject({ kind: 'written' })
      expect(await recordUnder(driver, key)).toMatchObject({ payload: 'once', version: { counter: 2 } })
      expect(await sent()).toBe(1)
    })

    it.each([
      ['lost before', 1],
      ['lost after', 2],
    ] as const)('a rewrite whose answer did not come is neither sent again nor looked for: %s', async (fault, counter) => {
      const { key, version } = await store(driver)
      const [sent, looks] = [await counted(REWRITE), await counted(PEEK)]
      line.next(await digestOf(REWRITE), fault)
      const error = await failureOf(driver.rewrite(key, someTexts(), version))
      expect(error.cause).toBeInstanceOf(UnknownOutcome)
      // It stays so when the client is connected again: nothing is sent late.
      expect((await recordUnder(driver, key)).version.counter).toBe(counter)
      expect([await sent(), await looks()]).toEqual([1, 0])
    })

    it.each(['lost before', 'lost after'] as const)('an insert whose answer did not come is not sent again: %s', async (fault) => {
      const sent = await counted(INSERT)
      line.next(await digestOf(INSERT), fault)
      const error = await failureOf(driver.insert(newKey(), aRecord()))
      expect(error.cause).toBeInstanceOf(UnknownOutcome)
      // It stays so when the client is connected again: nothing is sent late.
      await store(driver)
      expect(await sent()).toBe(2)
    })

    it('a marker whose answer did not come is found by reading back, and the session has moved once', async () => {
      const { key } = await store(driver)
      const { lease } = await hold(driver, key)
      const to = newKey()
      const sent = await counted(MARK)
      line.next(await digestOf(MARK), 'lost after')
      expect(await driver.replace(lease, to, aRecord(), aMarker(), GIVE_BACK)).toMatchObject({ kind: 'written', readBack: true })
      expect((await driver.read(key))?.kind).toBe('marker')
      expect(await recordUnder(driver, to)).toMatchObject({ version: { counter: 1 } })
      expect(await sent()).toBe(1)
    })

    it('a removal whose answer did not come is sent again: nothing is there then', async () => {
      const { key } = await store(driver)
      const sent = await counted(DESTROY)
      line.next(await digestOf(DESTROY), 'lost after')
      expect(await driver.destroy(key)).toEqual({ kind: 'nothing' })
      expect(await driver.read(key)).toBeUndefined()
      expect(await sent()).toBe(2)
    })

    it('a connection that falls silent is an error within the bound, and what arrived counts once', async () => {
      const { key } = await store(driver)
      const { lease } = await hold(driver, key)
      line.next(await digestOf(COMMIT), 'silent')
      const result = await driver.commit(lease, aRecord({ payload: 'once' }), GIVE_BACK).catch((error: unknown) => error)
      // A pool has a second connection to read back over.
      if (result instanceof Error) expect(result.cause).toBeInstanceOf(UnknownOutcome)
      else expect(result).toMatchObject({ kind: 'written', readBack: true })
      const content = await plain.get(prefix + key)
      expect(content).toContain('once')
    })

    it.each(['LOADING', 'READONLY', 'TRYAGAIN', 'CLUSTERDOWN', 'MASTERDOWN', 'BUSY'])(
      '%s is asked again within the bound',
      async (code) => {
        const { key } = await store(driver)
        const { lease } = await hold(driver, key)
        const sent = await counted(COMMIT)
        line.next(await digestOf(COMMIT), `-${code} for a moment`)
        expect(await driver.commit(lease, aRecord(), GIVE_BACK)).toMatchObject({ kind: 'written', readBack: false })
        expect(await sent()).toBe(2)
      },
    )

    it.each(['OOM', 'NOAUTH', 'WRONGPASS', 'NOPERM', 'MISCONF', 'NOREPLICAS', 'ERR'])(
      '%s is an error at once, and nothing was written',
      async (code) => {
        const { key, version } = await store(driver)
        const { lease } = await hold(driver, key)
        const sent = await counted(COMMIT)
        line.next(await digestOf(COMMIT), `-${code} no, with args beginning with: '${key}' 'secret payload'`)
        const error = await failureOf(driver.commit(lease, aRecord({ payload: 'secret payload' }), GIVE_BACK))
        expect(error.cause).toBeInstanceOf(RedisFailure)
        expect(error.cause).toMatchObject({ kind: 'reply', code })
        expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(new RegExp(`secret payload|${key}`))
        expect((await recordUnder(driver, key)).version).toEqual(version)
        expect(await sent()).toBe(1)
      },
    )

    it('an error shows no payload, whatever the client hangs on it', async () => {
      const key = newKey()
      line.next(await digestOf(INSERT), 'lost after')
      const error = await failureOf(driver.insert(key, aRecord({ payload: 'secret payload' })))
      const shown = inspect(error, { depth: 20, showHidden: true })
      expect(shown).not.toMatch(new RegExp(`secret payload|${Buffer.from('secret payload').toString('hex')}|${key}`))
    })

    async function counted(script: Script): Promise<() => Promise<number>> {
      const digest = await digestOf(script)
      const before = line.seen(digest)
      return async () => line.seen(digest) - before
    }
  })
}

describeNeeding('redis', 'a client as its user made it', () => {
  it('ioredis by itself sends what had no answer a second time: the test of it can fail', async () => {
    const redis = await redisForTests()
    const line = await openFaultyLine(redis.url)
    const client = new Redis(line.url, { retryStrategy: () => 20 })
    client.on('error', () => undefined)
    const key = `${newPrefix()}counter`
    await client.set(key, '0', 'PX', 60_000)
    line.next('incr', 'lost after')
    expect(await client.incr(key)).toBe(2)
    expect(line.seen('incr')).toBe(2)
    await client.del(key)
    client.disconnect()
    await line.close()
    await redis.stop()
  })
})

async function failureOf(promise: Promise<unknown>): Promise<SessionError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason as SessionError,
  )
  expect(error?.code).toBe('ERR_SESSION_DRIVER_FAILED')
  if (error === undefined) throw new Error('it did not fail')
  return error
}
