import { createClient } from 'redis'
import { describe, expect, it } from 'vitest'
import { RedisDriver } from '../../src/drivers/redis/redis-driver.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { aRecord, GIVE_BACK, livesFor, LONG, newKey, newToken, recordUnder, store } from '../../src/testing/suite/records.ts'
import { failureOf } from '../manager/support/shop.ts'
import { describeNeeding } from '../support/needs.ts'
import { freePorts } from '../support/free-ports.ts'
import { newPrefix, openPlace } from '../support/redis-plain.ts'
import type { PlainClient } from '../support/redis-plain.ts'
import { openWorld } from '../support/sealed-world.ts'
import { redisStores } from '../support/stores/redis.ts'
import { onTestFinished } from 'vitest'

interface Place {
  readonly plain: PlainClient
  readonly prefix: string
  readonly url: string
  readonly driver: RedisDriver
}

/** A driver and a plain client under one prefix, which is empty again when the test is over. */
async function openRedis(): Promise<Place> {
  const prefix = newPrefix()
  const { plain, url, close } = await openPlace(prefix)
  const client = createClient({ url })
  client.on('error', () => undefined)
  const driver = new RedisDriver({ client, prefix })
  onTestFinished(async () => {
    await driver.close()
    client.destroy()
    await close()
  })
  await driver.open()
  return { plain, prefix, url, driver }
}

describe('the options of the Redis driver', () => {
  it('S-240: are given by name; what it does not know or cannot use is refused', () => {
    const client = createClient({ url: 'redis://127.0.0.1:1' })
    const wrong: [object, string][] = [
      [{}, "Option 'client'"],
      [{ client: {} }, "Option 'client'"],
      [{ client, ttl: 7200 }, "Option 'ttl': is not known."],
      [{ client, prefix: 5 }, "Option 'prefix'"],
    ]
    for (const [options, message] of wrong) expect(() => Reflect.construct(RedisDriver, [options]), message).toThrow(message)
  })

  it('S-255: a prefix that would put all sessions on one node of a cluster is refused', () => {
    const client = createClient({ url: 'redis://127.0.0.1:1' })
    expect(() => new RedisDriver({ client, prefix: '{app}:session:' })).toThrow('hash tag')
  })

  it('S-244: a server that is not there is told by open()', async () => {
    const [port = 0] = await freePorts(1)
    const client = createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: false } })
    client.on('error', () => undefined)
    const driver = new RedisDriver({ client, commandTimeoutSeconds: 1 })
    const error = await failureOf(driver.open())
    expect(error).toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED' })
    expect(String(error)).toContain("operation 'open' failed")
  })
})

describeNeeding('redis', 'the Redis driver', () => {
  const stores = redisStores()

  it('S-243: value and expiry change in one step: a record never stands without one, and each use moves it', async () => {
    const { plain, prefix, driver } = await openRedis()
    const { key, version } = await store(driver, livesFor(100_000))
    const first = await plain.pTTL(prefix + key)
    expect(first).toBeGreaterThan(0)
    await driver.touch(key, livesFor(500_000).durations, version)
    expect(await plain.pTTL(prefix + key)).toBeGreaterThan(first)
  })

  it('S-245: what another program has put under the key is an error, not an empty session, and stays', async () => {
    const { plain, prefix, driver } = await openRedis()
    const key = newKey()
    await plain.hSet(prefix + key, 'payload', 'x')
    const error = await failureOf(driver.read(key))
    expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_SESSION_(UNREADABLE|DRIVER_FAILED)$/) })
    expect(await plain.hGet(prefix + key, 'payload')).toBe('x')
  })

  it('S-246: a write and a destroy that fail are errors that name what failed', async () => {
    const { driver, prefix } = await openRedis()
    const client = createClient({ url: 'redis://127.0.0.1:1', socket: { reconnectStrategy: false } })
    client.on('error', () => undefined)
    const cut = new RedisDriver({ client, prefix, commandTimeoutSeconds: 1 })
    await failureOf(cut.open())
    for (const work of [cut.insert(newKey(), aRecord()), cut.destroy(newKey())]) {
      expect(await failureOf(work)).toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED' })
    }
    await cut.close()
    expect(await driver.read(newKey())).toBeUndefined()
  })

  it('S-247: destroy() ends a session whoever holds it, and its holder is told', async () => {
    const { driver } = await openRedis()
    const { key } = await store(driver)
    const token = newToken()
    const held = await driver.acquire(key, { token, leaseMs: LONG })
    if (held.kind !== 'held') throw new Error('it was free')
    expect((await driver.destroy(key)).kind).toBe('record')
    expect((await driver.commit(held.lease, aRecord(), GIVE_BACK)).kind).not.toBe('written')
    expect(await driver.read(key)).toBeUndefined()
  })

  it('S-248: the server removes what has expired; a collection finds no records to remove', async () => {
    const { driver } = await openRedis()
    const { key } = await store(driver, livesFor(1))
    await expect.poll(() => driver.read(key)).toBeUndefined()
    expect(driver.expiresByItself).toBe(true)
    expect(await driver.gc()).toBe(0)
  })

  it('S-249 S-252 S-380: a lease excludes every other process until it is given back, and is renewed by its holder alone', async () => {
    const { driver, store: place } = await openWorld(stores)
    const other = await place.connect()
    await other.open()
    const { key } = await store(driver)
    const [mine, theirs] = [newToken(), newToken()]
    const held = await driver.acquire(key, { token: mine, leaseMs: LONG })
    if (held.kind !== 'held') throw new Error('it was free')
    expect((await other.acquire(key, { token: theirs, leaseMs: LONG })).kind).toBe('busy')
    expect(await other.renew({ ...held.lease, token: theirs }, LONG)).toBe(false)
    expect(await driver.renew(held.lease, LONG)).toBe(true)
    await driver.unlock(held.lease)
    expect((await other.acquire(key, { token: theirs, leaseMs: LONG })).kind).toBe('held')
    await other.close()
  })

  it('S-251: who gives back a lease that another has by now is told that it was lost, and the other keeps it', async () => {
    const { driver } = await openRedis()
    const { key } = await store(driver)
    const [mine, theirs] = [newToken(), newToken()]
    const held = await driver.acquire(key, { token: mine, leaseMs: 1 })
    if (held.kind !== 'held') throw new Error('it was free')
    await expect.poll(async () => (await driver.acquire(key, { token: theirs, leaseMs: LONG })).kind).toBe('held')
    expect(await driver.unlock(held.lease)).toBe(false)
    expect((await driver.acquire(key, { token: newToken(), leaseMs: LONG })).kind).toBe('busy')
  })

  it('S-253: locks have no keys of their own: a session is one key, held or not', async () => {
    const { plain, prefix, driver } = await openRedis()
    const { key } = await store(driver)
    await driver.acquire(key, { token: newToken(), leaseMs: LONG })
    expect(await plain.keys(`${prefix}*`)).toEqual([prefix + key])
  })

  it('S-254: a text of any characters comes back as it was', async () => {
    const { driver } = await openRedis()
    const payload = '\u0000\ud800 half a pair, "quotes", \u0001 and é'
    const { key } = await store(driver, { payload })
    expect((await recordUnder(driver, key)).payload).toBe(payload)
  })

  it('S-240: a manager on it keeps sessions', async () => {
    const { driver } = await openRedis()
    const sessions = new SessionManager({ driver })
    const id = await sessions.run(undefined, (session) => (session.set('a', 1), session.id))
    expect(await sessions.run(id, (session) => session.get('a'))).toBe(1)
    await sessions.close()
  })
})
