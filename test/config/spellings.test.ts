import { describe, expect, it } from 'vitest'
import { createSessionManager, defineSessionConfig } from '../../src/config/index.ts'
import { assembled } from '../../src/config/assemble.ts'
import { entriesOf } from '../../src/config/entries.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { phpKey } from '../../src/serializers/encrypted.ts'
import { GOOD_KEY, saidBy } from './support.ts'

const understood = (config: unknown) => assembled(entriesOf(config))

const OURS = {
  driver: 'redis',
  file: { path: 'a' },
  database: { table: 'b' },
  redis: { connection: 'c', prefix: 'd:' },
  lifetime: { idleSeconds: 60 },
  cookie: { name: 'n', lifetimeSeconds: 70, path: '/p', domain: 'example.com', secure: true, httpOnly: false, sameSite: 'Strict' },
  encrypt: true,
  keys: { main_key: GOOD_KEY },
  enabled: false,
  except: ['/health'],
}

describe('the spellings of a configuration', () => {
  it('understands the PHP library’s, flat and below session', () => {
    const theirs = {
      default: 'redis',
      drivers: {
        file: { path: 'a', lifetime: 7200 },
        database: { table: 'b', lifetime: 7200 },
        redis: { connection: 'c', prefix: 'd:', lifetime: 60 },
      },
      cookie_name: 'n',
      cookie_lifetime: 70,
      cookie_path: '/p',
      cookie_domain: 'example.com',
      cookie_secure: true,
      cookie_httponly: false,
      cookie_samesite: 'strict',
      encrypt: true,
      keys: { main_key: GOOD_KEY },
      enabled: false,
      except: ['/health'],
    }
    expect(understood(theirs)).toEqual(OURS)
    expect(understood({ session: theirs })).toEqual(OURS)
  })

  it('understands its framework’s, flat and below session', () => {
    const theirs = {
      driver: 'redis',
      lifetime: 60,
      file: { path: 'a' },
      database: { table: 'b' },
      redis: { connection: 'c', prefix: 'd:' },
      cookie: { name: 'n', lifetime: 70, path: '/p', domain: 'example.com', secure: true, httponly: false, same_site: 'Strict' },
      encrypt: true,
      keys: { main_key: GOOD_KEY },
      enabled: false,
      except: ['/health'],
    }
    expect(understood(theirs)).toEqual(OURS)
    expect(understood({ session: theirs })).toEqual(OURS)
  })

  it('understands its own again', () => {
    expect(understood(OURS)).toEqual(OURS)
    expect(understood(understood(OURS))).toEqual(OURS)
  })

  it('takes the idle time of the driver that is chosen', () => {
    const drivers = { file: { lifetime: 10 }, database: { lifetime: 20 }, redis: { lifetime: 30 } }
    expect(understood({ drivers }).lifetime).toEqual({ idleSeconds: 10 })
    expect(understood({ default: 'database', drivers }).lifetime).toEqual({ idleSeconds: 20 })
    expect(understood({ default: 'memory', drivers }).lifetime).toBeUndefined()
  })

  it('refuses what is said twice, however it is spelt', async () => {
    const twice: [object, string][] = [
      [{ driver: 'file', default: 'file' }, "Option 'default': says what 'driver' has said already."],
      [{ cookie_name: 'a', cookie: { name: 'b' } }, "Option 'cookie.name': says what 'cookie_name' has said already."],
      [{ cookie: { sameSite: 'Lax', same_site: 'Lax' } }, "Option 'cookie.same_site': says what 'cookie.sameSite' has said already."],
      [{ drivers: { file: { path: 'a' } }, file: { path: 'b' } }, "Option 'file.path': says what 'drivers.file.path' has said already."],
      [{ redis: { client: {}, redis: {} } }, "Option 'redis.redis': says what 'redis.client' has said already."],
      [
        { file: { lifetime: 5 }, lifetime: { idleSeconds: 6 } },
        "Option 'file.lifetime': says another idle time than 'lifetime.idleSeconds'.",
      ],
    ]
    for (const [config, message] of twice) expect(await saidBy(() => understood(config)), message).toContain(message)
  })

  it('refuses what is of the wrong kind, by the name that it was given', async () => {
    const wrong: [object, string][] = [
      [{ cookie_secure: 'false' }, `Option 'cookie_secure': must be one of true, false, "auto", not "false".`],
      [{ cookie: { httponly: 1 } }, "Option 'cookie.httponly': must be true or false, not 1."],
      [{ drivers: { redis: { lifetime: '60' } } }, `Option 'drivers.redis.lifetime': must be a number above 0, not "60".`],
      [{ lifetime: '60' }, `Option 'lifetime': must be a number above 0, not "60".`],
      [{ cookie: 'x' }, 'Option \'cookie\': must be an object, not "x".'],
      [{ cookie: [] }, "Option 'cookie': must be an object, not an array."],
      [{ cookie: new Map() }, "Option 'cookie': must be a plain object."],
      [{ file: { path: null } }, "Option 'file.path': is null. Give it a value, or leave it out."],
      [{ cookie_name: '' }, "Option 'cookie_name': is empty. Give it a value, or leave it out."],
      [{ driver: 5 }, "Option 'driver': must be the name of a driver, not 5."],
      [{ session: {}, driver: 'file' }, "Option 'driver': is not known. Did you mean 'session'?"],
    ]
    for (const [config, message] of wrong) expect(await saidBy(() => understood(config)), message).toContain(message)
    expect(await saidBy(() => understood([]))).toContain("Option 'options': must be an object, not an array.")
  })

  it('keeps the values that only programs have as they are', () => {
    const client = { cluster: { self: {} } }
    Object.assign(client.cluster.self, { client })
    const keys = {
      v1: phpKey('app key'),
      v2: { key: Uint8Array.from({ length: 32 }, (_, at) => (at * 37 + 11) % 251), state: 'opens' as const },
    }
    const driver = new MemoryDriver({ acknowledged: true })
    const config = understood({ driver, keys, connections: { default: client }, clock: Date.now, bags: () => [] })
    expect(config.driver).toBe(driver)
    expect(config.connections).toEqual({ default: client })
    expect(Reflect.get(config.connections ?? {}, 'default')).toBe(client)
    expect(config.keys).toEqual(keys)
    expect([config.clock, typeof config.bags]).toEqual([Date.now, 'function'])
  })

  it('gives a configuration that is defined back as it is, and lets types be misspelt nowhere', async () => {
    const config = defineSessionConfig({ cookie: { name: 'n' }, driver: 'memory' })
    expect(config).toEqual({ cookie: { name: 'n' }, driver: 'memory' })
    // @ts-expect-error -- it is secure
    defineSessionConfig({ cookie: { secur: true } })
    // @ts-expect-error -- the text 'false' is no false
    defineSessionConfig({ cookie_secure: 'false' })
    // @ts-expect-error -- it is lifetime
    defineSessionConfig({ session: { lifetimes: 5 } })
    const sessions = await createSessionManager(config)
    expect(sessions.name).toBe('n')
    await sessions.close()
  })

  it('lets everything through that the manager can do', async () => {
    const { driver: _driver, ...config } = understood({
      lifetime: {
        absoluteSeconds: 100,
        idleSeconds: 50,
        touchEverySeconds: 1,
        rotateEverySeconds: 60,
        graceSeconds: 10,
        maxIdleSeconds: 60,
        maxAbsoluteSeconds: 0,
      },
      lock: { waitSeconds: 1, leaseSeconds: 2, maxHoldSeconds: 3, maxWaiters: 4 },
      concurrency: 'merge',
      binding: { ipAddress: 'report', userAgent: 'off', ipv4Bits: 16, ipv6Bits: 48 },
      maxPerUser: { sessions: 3, whenReached: 'refuse' },
      cookie: { prefix: 'none', partitioned: true, priority: 'High' },
      hashIds: false,
      onStoreError: 'anonymous',
      onUnreadable: 'throw',
      onGone: 'throw',
      onReuse: 'revoke',
      collectEverySeconds: 0,
    })
    const sessions = await createSessionManager({ ...config, driver: 'memory', memory: { acknowledged: true, maxEntries: 10 } })
    const session = await sessions.start()
    expect([session.mode, session.lifetime]).toEqual(['merge', expect.anything()])
    await session.release()
    await sessions.close()
  })
})
