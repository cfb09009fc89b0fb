import { ErrorReply, createClient, createClientPool } from 'redis'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { RedisDriver, type RedisDriverOptions } from '../../../src/drivers/redis/redis-driver.ts'
import { GIVE_BACK, aMarker, aRecord, hold, newKey, recordUnder, store } from '../../../src/testing/suite/records.ts'
import { describeNeeding } from '../../support/needs.ts'
import { type PlainClient, keysUnder, plainClient } from '../../support/redis-plain.ts'
import { type RedisServer, startRedis } from '../../support/redis-server.ts'
import { singleClients } from './clients.ts'
import type { TestClient } from './suite.ts'

describeNeeding('redis-server', 'RedisDriver on a server of its own', () => {
  const servers: RedisServer[] = []
  const drivers: RedisDriver[] = []
  const clients: TestClient[] = []
  let server: RedisServer
  let plain: PlainClient

  beforeAll(async () => {
    server = await own()
    plain = await plainClient(server.url)
  })
  afterEach(async () => {
    for (const driver of drivers.splice(0)) await driver.close()
    for (const client of clients.splice(0)) await client.end()
  })
  afterAll(async () => {
    plain.destroy()
    for (const one of servers) await one.stop()
  })

  async function own(...args: readonly string[]): Promise<RedisServer> {
    const one = await startRedis({ durable: true, args })
    servers.push(one)
    return one
  }

  function driverOver(name: string, url: string, options: Omit<RedisDriverOptions, 'client'> = {}): RedisDriver {
    const client = (singleClients[name] ?? missing())(url)
    clients.push(client)
    const driver = new RedisDriver({ client: client.client, ...options })
    drivers.push(driver)
    return driver
  }

  async function opened(name: string, options: Omit<RedisDriverOptions, 'client'> = {}): Promise<RedisDriver> {
    const driver = driverOver(name, server.url, options)
    await driver.open()
    return driver
  }

  /** How many commands came from clients meanwhile: those inside scripts are not counted, nor what this test itself asks. */
  async function commandsOf(work: () => Promise<unknown>): Promise<Record<string, number>> {
    await plain.configResetStat()
    await work()
    const counted = Object.fromEntries(
      [...(await plain.info('commandstats')).matchAll(/^cmdstat_([\w|]+):calls=(\d+)/gm)].map(([, name = '', calls]) => [
        name,
        Number(calls),
      ]),
    )
    const scripts = { evalsha: counted['evalsha'] ?? 0, eval: counted['eval'] ?? 0 }
    return { ...scripts, wait: counted['wait'] ?? 0 }
  }

  it.each(Object.keys(singleClients))('scripts that the server forgot are sent again as a whole: %s', async (name) => {
    const driver = await opened(name)
    const { key } = await store(driver)
    await recordUnder(driver, key)
    await plain.scriptFlush()
    const first = await commandsOf(() => recordUnder(driver, key))
    expect(first).toMatchObject({ evalsha: 1, eval: 1 })
    expect(await commandsOf(() => recordUnder(driver, key))).toMatchObject({ evalsha: 1, eval: 0 })
  })

  it.each(['node-redis 6', 'ioredis 6', 'ioredis 6 with auto-pipelining'])('each step is one command: %s', async (name) => {
    const driver = await opened(name)
    const marker = aMarker()
    // Once, so that the server knows the scripts.
    for (const round of [0, 1]) {
      const { key, version } = await store(driver)
      const counts: Record<string, Record<string, number>> = {}
      const count = async (step: string, work: () => Promise<unknown>): Promise<void> => {
        counts[step] = await commandsOf(work)
      }
      await count('read', () => driver.read(key))
      await count('absent', () => driver.read(newKey()))
      await count('update', () => driver.update(key, aRecord(), version))
      await count('touch', () => driver.touch(key, aRecord().durations))
      await count('changed', async () => driver.commit((await hold(driver, key)).lease, aRecord(), GIVE_BACK))
      await count('unchanged', async () => driver.commit((await hold(driver, key)).lease, undefined, GIVE_BACK))
      await count('renew', async () => driver.unlock(await held(driver, key)))
      await count('regenerate', async () => driver.replace((await hold(driver, key)).lease, newKey(), aRecord(), marker, GIVE_BACK))
      await count('insert', () => driver.insert(newKey(), aRecord()))
      await count('login', () => driver.insert(newKey(), aRecord({ userId: '7' })))
      await count('destroy', () => driver.destroy(key))
      if (round === 0) continue
      const evalsha = Object.fromEntries(Object.entries(counts).map(([step, { evalsha: calls }]) => [step, calls]))
      expect(evalsha).toEqual({
        read: 1,
        absent: 1,
        update: 1,
        touch: 1,
        changed: 2,
        unchanged: 2,
        renew: 3,
        regenerate: 3,
        insert: 1,
        login: 3,
        destroy: 1,
      })
      for (const step of Object.values(counts)) expect(step['eval']).toBe(0)
    }
  })

  it('listens once to a client, however many drivers are made over it', async () => {
    const client = createClient({ url: server.url })
    const pool = createClientPool({ url: server.url })
    for (const shared of [client, pool]) {
      for (let n = 0; n < 12; n++) {
        const driver = new RedisDriver({ client: shared })
        await driver.open()
        await driver.close()
      }
    }
    expect([client.listenerCount('error'), pool.listenerCount('error')]).toEqual([1, 1])
    client.destroy()
    await pool.close()
  })

  it('what was acknowledged is there after the server was killed and started again', async () => {
    const one = await own()
    const driver = driverOver('node-redis 6', one.url)
    await driver.open()
    const { key } = await store(driver)
    const { lease } = await hold(driver, key)
    await driver.commit(lease, aRecord({ payload: 'kept' }), GIVE_BACK)
    await one.kill()
    await one.restart()
    await vi.waitFor(async () => expect((await recordUnder(driver, key)).payload).toBe('kept'), { timeout: 10_000 })
  })

  it('a driver that nobody could open can be opened once the server is there', async () => {
    const one = await own()
    await one.kill()
    for (const name of ['node-redis 6', 'ioredis 6']) {
      const driver = driverOver(name, one.url)
      const message = expect.stringMatching(/could not be reached.* It said: connect ECONNREFUSED/)
      await expect(driver.open()).rejects.toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED', cause: { code: 'ECONNREFUSED' }, message })
    }
    await one.restart()
    for (const driver of drivers) {
      await driver.open()
      await store(driver)
    }
  })

  it('close gives back what is held, and not what was held of sessions that have ended', async () => {
    const driver = await opened('node-redis 6')
    const stored = await Promise.all([1, 2, 3].map(() => store(driver)))
    for (const { key } of stored) await hold(driver, key)
    for (const { key } of stored.slice(1)) expect(await driver.destroy(key)).toEqual({ kind: 'record' })
    expect(await commandsOf(() => driver.close())).toMatchObject({ evalsha: 1 })
  })

  it('open refuses a replica, and waitReplicas counts those that have a write', async () => {
    const replica = await own('--replicaof', '127.0.0.1', String(server.port), '--repl-diskless-sync-delay', '0')
    await vi.waitFor(async () => expect(await plain.info('replication')).toContain('state=online'), { timeout: 20_000, interval: 50 })
    await expect(driverOver('node-redis 6', replica.url).open()).rejects.toThrow(/read-only replica/)
    for (const name of Object.keys(singleClients)) {
      const driver = await opened(name, { waitReplicas: { replicas: 1 } })
      const { key } = await store(driver, { userId: name })
      const waits = await commandsOf(async () => driver.commit((await hold(driver, key)).lease, aRecord({ userId: name }), GIVE_BACK))
      expect(waits).toMatchObject({ wait: 1 })
      expect(await driver.revokeUser(name)).toBe(1)

      const strict = await opened(name, { waitReplicas: { replicas: 2, timeoutSeconds: 0.05 } })
      const late = await store(driver)
      const { lease } = await hold(strict, late.key)
      await expect(strict.commit(lease, aRecord({ payload: 'on the master' }), GIVE_BACK)).rejects.toThrow(
        /on the master, and 1 of 2 replicas/,
      )
      expect((await recordUnder(driver, late.key)).payload).toBe('on the master')
      await expect(strict.destroy(late.key)).rejects.toThrow(/1 of 2 replicas/)
      expect(await driver.read(late.key)).toBeUndefined()
    }
  })

  it.each(['ioredis 6', 'ioredis 5', 'iovalkey'])(
    'open refuses a database that the server does not have, and keeps nothing in another one: %s',
    async (name) => {
      const driver = driverOver(name, `${server.url}/99`)
      await expect(driver.open()).rejects.toThrow('Redis answered: ERR DB index is out of range')
      await expect(driver.open()).rejects.toThrow('Redis answered: ERR DB index is out of range')
    },
  )

  it.each(['ioredis 6', 'ioredis 5', 'iovalkey'])(
    'a database that is refused when the client reconnects is not left for another one: %s',
    async (name) => {
      const one = await own()
      const admin = await plainClient(one.url)
      await admin.aclSetUser('shop', ['on', '>secret', '~*', '+@all'])
      const driver = driverOver(name, `${one.url.replace('//', '//shop:secret@')}/3`, { commandTimeoutSeconds: 0.5 })
      await driver.open()
      const { key } = await store(driver)
      await admin.aclSetUser('shop', ['-select'])
      await admin.sendCommand(['CLIENT', 'KILL', 'USER', 'shop'])
      await expect(driver.read(key)).rejects.toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED' })
      await admin.aclSetUser('shop', ['+select'])
      await vi.waitFor(async () => expect(await driver.read(key)).toBeDefined(), { timeout: 5000 })
      await admin.select(0)
      expect(await admin.dbSize()).toBe(0)
      admin.destroy()
    },
  )

  it('open warns once of a server that throws sessions away', async () => {
    const one = await own('--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru')
    const warnings: unknown[] = []
    const listen = vi.spyOn(process, 'emitWarning').mockImplementation((warning) => void warnings.push(String(warning)))
    await driverOver('node-redis 6', one.url).open()
    await driverOver('ioredis 6', one.url).open()
    listen.mockRestore()
    expect(warnings).toEqual([expect.stringContaining("maxmemory-policy 'allkeys-lru'")])
  })

  it('open goes on where the server has INFO under another name, and warns of what it could not check', async () => {
    const client = createClient({ url: server.url })
    const sendCommand = client.sendCommand.bind(client)
    const unknown = new ErrorReply("ERR unknown command 'INFO', with args beginning with: ")
    vi.spyOn(client, 'sendCommand').mockImplementation((command, options) =>
      command[0] === 'INFO' ? Promise.reject(unknown) : sendCommand(command, options),
    )
    const warnings: unknown[] = []
    const listen = vi.spyOn(process, 'emitWarning').mockImplementation((warning) => void warnings.push(String(warning)))
    const driver = new RedisDriver({ client })
    await driver.open()
    listen.mockRestore()
    expect(warnings).toEqual([expect.stringMatching(/may not run INFO: .* was not checked/)])
    await recordUnder(driver, (await store(driver)).key)
    await driver.close()
    client.destroy()
  })

  it('a server without memory refuses writes, lets sessions be read and ended, and loses none', async () => {
    const one = await own()
    const admin = await plainClient(one.url)
    const driver = driverOver('ioredis 6', one.url)
    await driver.open()
    const { key } = await store(driver)
    await admin.configSet('maxmemory', '1')
    await expect(driver.insert(newKey(), aRecord())).rejects.toThrow(/no memory left/)
    await recordUnder(driver, key)
    expect(await driver.destroy(key)).toEqual({ kind: 'record' })
    admin.destroy()
  })

  it('a password that is missing or wrong is said, and not shown', async () => {
    const one = await own()
    await one.command('CONFIG', 'SET', 'requirepass', 'right')
    await expect(driverOver('ioredis 6', one.url).open()).rejects.toThrow(/asks for a password/)
    const error: unknown = await driverOver('ioredis 6', one.url.replace('//', '//:wrong@'))
      .open()
      .catch((reason: unknown) => reason)
    expect(String(error)).toMatch(/does not know the user or the password/)
    expect(String(error)).not.toContain('wrong@')
    await driverOver('node-redis 6', one.url.replace('//', '//:right@')).open()
  })

  it('a session whose time ran out under its lease is gone from the server when it is given back', async () => {
    const driver = await opened('node-redis 6', { prefix: 'timing:' })
    const { key } = await store(driver, { durations: { idleMs: 300, absoluteMs: undefined } })
    const { lease } = await hold(driver, key, 60_000)
    expect(await plain.pTTL(`timing:${key}`)).toBeGreaterThan(300)
    await vi.waitFor(async () => expect((await recordUnder(driver, key)).expiresAt).toBeLessThan(Date.now()), { timeout: 5000 })
    await driver.unlock(lease)
    expect(await keysUnder(plain, 'timing:')).toEqual([])
  })
})

async function held(driver: RedisDriver, key: Parameters<RedisDriver['read']>[0]) {
  const { lease } = await hold(driver, key)
  await driver.renew(lease, 60_000)
  return lease
}

function missing(): never {
  throw new Error('there is no such client')
}
