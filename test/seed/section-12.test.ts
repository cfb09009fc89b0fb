import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { session } from '../../src/adapters/fetch.ts'
import { configText, createSessionManager, loadSessionConfig } from '../../src/config/index.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { keyOf } from '../manager/support/shop.ts'
import { newKey } from '../support/sealed.ts'
import { GOOD_KEY, application, load, loadJson, saidBy, vectorText } from '../config/support.ts'

type Variables = Readonly<Record<string, string>>

const README = vectorText('readme.mlc')

/** What the README's file says in an environment. */
const readme = async (env: Variables = {}) => (await load({ 'config/session.mlc': README }, env)).config
const refusedIn = (env: Variables): Promise<string> => saidBy(() => readme(env))

describe('the configuration', () => {
  it('S-320: default, or SESSION_DRIVER, chooses the driver', async () => {
    expect((await readme()).driver).toBe('file')
    expect((await readme({ SESSION_DRIVER: 'redis' })).driver).toBe('redis')
    expect((await loadJson({ default: 'memory' })).config.driver).toBe('memory')
    await using sessions = await createSessionManager({ default: 'memory', memory: { acknowledged: true } })
    await sessions.ready()
    const unknown = await readme({ SESSION_DRIVER: 'memcached' })
    expect(await saidBy(() => createSessionManager(unknown))).toContain(
      'Unsupported session driver: memcached. Known are: file, database, redis, memory.',
    )
    expect(await refusedIn({ SESSION_DRIVER: 'reddis' })).toContain("Unsupported session driver: reddis. Did you mean 'redis'?")
  })

  it('S-321: drivers.file.path, or SESSION_FILE_PATH, is the folder, var/sessions of the application by default', async () => {
    const cwd = application({ 'config/session.mlc': README })
    expect((await loadSessionConfig({ cwd, env: {} })).config.file?.path).toBe(join(cwd, 'var/sessions'))
    expect((await loadSessionConfig({ cwd, env: { SESSION_FILE_PATH: '/srv/s' } })).config.file?.path).toBe('/srv/s')
    expect((await loadSessionConfig({ cwd, env: { SESSION_PATH: '/srv/t' } })).config.file?.path).toBe('/srv/t')
    expect((await loadSessionConfig({ cwd, env: { SESSION_PATH: '/srv/t', SESSION_FILE_PATH: '/srv/s' } })).config.file?.path).toBe(
      '/srv/s',
    )
  })

  it('S-322: drivers.file.lifetime, or SESSION_LIFETIME, is the idle time on files', async () => {
    expect((await readme()).lifetime).toEqual({ idleSeconds: 7200 })
    expect((await readme({ SESSION_LIFETIME: '60' })).lifetime).toEqual({ idleSeconds: 60 })
    expect((await loadJson({ drivers: { file: { lifetime: 50 }, redis: { lifetime: 70 } } })).config.lifetime).toEqual({ idleSeconds: 50 })
  })

  it('S-323: drivers.database.table, or SESSION_TABLE, is the table', async () => {
    expect((await readme()).database?.table).toBe('sessions')
    expect((await readme({ SESSION_TABLE: 'web_sessions' })).database?.table).toBe('web_sessions')
    expect(await refusedIn({ SESSION_TABLE: 'sessions; --' })).toContain("Option 'database.table': must be a name such as 'sessions'")
  })

  it('S-324: drivers.database.lifetime, or SESSION_LIFETIME, is the idle time in a database', async () => {
    expect((await readme({ SESSION_DRIVER: 'database', SESSION_LIFETIME: '60' })).lifetime).toEqual({ idleSeconds: 60 })
    expect(
      (await loadJson({ default: 'database', drivers: { database: { lifetime: 50 }, file: { lifetime: 70 } } })).config.lifetime,
    ).toEqual({ idleSeconds: 50 })
  })

  it('S-325: drivers.redis.connection, or REDIS_SESSION_CONNECTION, names the connection, which counts', async () => {
    expect((await readme()).redis?.connection).toBe('default')
    const config = await readme({ SESSION_DRIVER: 'redis', REDIS_SESSION_CONNECTION: 'cache' })
    expect(config.redis?.connection).toBe('cache')
    const asked: string[] = []
    const connections = (name: string): undefined => void asked.push(name)
    expect(await saidBy(() => createSessionManager(config, { connections }))).toContain(
      "is 'cache', and there is no connection of this name",
    )
    expect(asked).toEqual(['cache'])
  })

  it('S-326: drivers.redis.lifetime, or SESSION_LIFETIME, is the idle time in Redis', async () => {
    expect((await readme({ SESSION_DRIVER: 'redis', SESSION_LIFETIME: '60' })).lifetime).toEqual({ idleSeconds: 60 })
    expect((await loadJson({ default: 'redis', drivers: { redis: { lifetime: 50 }, file: { lifetime: 70 } } })).config.lifetime).toEqual({
      idleSeconds: 50,
    })
  })

  it('S-327: cookie_name, or SESSION_COOKIE_NAME, is the cookie’s name', async () => {
    expect(await cookieIn({})).toMatch(/^__Host-ml_session=/)
    expect(await cookieIn({ SESSION_COOKIE_NAME: 'sid' })).toMatch(/^__Host-sid=/)
    expect(await refusedIn({ SESSION_COOKIE_NAME: 'a;b' })).toContain("Option 'cookie.name'")
  })

  it('S-328: cookie_lifetime, or SESSION_COOKIE_LIFETIME, is how long browsers keep it; 0 and null are until they are closed', async () => {
    expect(await cookieIn({})).toContain('; Max-Age=7200')
    expect(await cookieIn({ SESSION_COOKIE_LIFETIME: '3600' })).toContain('; Max-Age=3600')
    expect(await cookieIn({ SESSION_COOKIE_LIFETIME: '0' })).not.toMatch(/Max-Age|Expires/i)
    expect((await loadJson({ cookie_lifetime: null })).config.cookie?.lifetimeSeconds).toBe(0)
    expect((await loadJson({ cookie_lifetime: 0 })).config.cookie?.lifetimeSeconds).toBe(0)
  })

  it('S-329: cookie_path, or SESSION_COOKIE_PATH, is below which path it is sent', async () => {
    expect(await cookieIn({})).toContain('; Path=/;')
    expect(await cookieIn({ SESSION_COOKIE_PATH: '/app' })).toContain('; Path=/app;')
    expect(await refusedIn({ SESSION_COOKIE_PATH: 'app' })).toContain("Option 'cookie.path'")
  })

  it('S-330: cookie_domain, or SESSION_COOKIE_DOMAIN, is the domain; empty is none', async () => {
    expect(await cookieIn({})).not.toContain('Domain=')
    expect(await cookieIn({ SESSION_COOKIE_DOMAIN: 'example.com' })).toContain('; Domain=example.com')
    for (const cookie_domain of ['', null]) expect((await loadJson({ cookie_domain })).config.cookie).toBeUndefined()
  })

  it('S-331: cookie_secure, or SESSION_COOKIE_SECURE, is true, false, 1, 0, on, off, yes or no, and nothing else', async () => {
    expect(await cookieIn({})).toContain('; Secure')
    for (const text of ['true', '1', 'on', 'yes', 'TRUE', 'On'])
      expect(await cookieIn({ SESSION_COOKIE_SECURE: text })).toContain('; Secure')
    for (const text of ['false', '0', 'off', 'no', 'FALSE', 'Off'])
      expect(await cookieIn({ SESSION_COOKIE_SECURE: text })).not.toContain('; Secure')
    for (const text of ['2', 'ja', 'nope', ' ', 'null']) {
      expect(await refusedIn({ SESSION_COOKIE_SECURE: text })).toContain(
        'SESSION_COOKIE_SECURE must be true, false, 1, 0, on, off, yes or no',
      )
    }
    expect(await saidBy(() => loadJson({ cookie_secure: 'false' }))).toContain("Option 'cookie_secure': must be one of true, false")
  })

  it('S-332: cookie_httponly, or SESSION_COOKIE_HTTPONLY, is read as strictly', async () => {
    expect(await cookieIn({})).toContain('; HttpOnly')
    for (const text of ['false', '0', 'off', 'no']) expect(await cookieIn({ SESSION_COOKIE_HTTPONLY: text })).not.toContain('; HttpOnly')
    expect(await refusedIn({ SESSION_COOKIE_HTTPONLY: 'nope' })).toContain(
      'SESSION_COOKIE_HTTPONLY must be true, false, 1, 0, on, off, yes or no, not "nope".',
    )
  })

  it('S-333: cookie_samesite, or SESSION_COOKIE_SAMESITE, is Lax, Strict or None in any case, and None needs Secure', async () => {
    expect(await cookieIn({})).toContain('; SameSite=Lax')
    for (const [text, same] of [
      ['strict', 'Strict'],
      ['NONE', 'None'],
      ['lax', 'Lax'],
    ] as const) {
      expect(await cookieIn({ SESSION_COOKIE_SAMESITE: text })).toContain(`; SameSite=${same}`)
    }
    expect(await refusedIn({ SESSION_COOKIE_SAMESITE: 'Lux' })).toContain(
      'SESSION_COOKIE_SAMESITE must be Lax, or Strict, or None, not "Lux".',
    )
    expect(await refusedIn({ SESSION_COOKIE_SAMESITE: 'None', SESSION_COOKIE_SECURE: 'no' })).toContain(
      "browsers take with 'secure: true' only",
    )
  })

  it('S-334 S-290: encrypt, or SESSION_ENCRYPT, seals what is stored, and fails at the start without a good key', async () => {
    const driver = new MemoryDriver({ acknowledged: true })
    for (const [SESSION_ENCRYPT, isSealed] of [
      ['true', true],
      ['off', false],
    ] as const) {
      const sessions = await createSessionManager({ ...(await readme({ SESSION_ENCRYPT, APP_KEY: GOOD_KEY })), driver })
      const visit = await sessions.start()
      visit.set('secret', 'correct horse')
      await visit.save()
      const found = await driver.read(keyOf(visit.id))
      expect(found?.kind === 'record' && !found.record.payload.includes('correct horse')).toBe(isSealed)
      await sessions.close()
    }
    expect(await refusedIn({ SESSION_ENCRYPT: 'true' })).toContain("Option 'keys.main_key': is not set. Set APP_KEY")
    expect(await refusedIn({ SESSION_ENCRYPT: 'true', APP_KEY: 'base64:AAAA' })).toContain("Option 'keys.main_key': has 11 characters")
    expect(await saidBy(() => loadJson({ encrypt: true }))).toContain("Option 'encrypt': is true, and there is no key.")
  })

  it('S-335: keys.main_key, or APP_KEY, is the key; null is an error where encrypt is on, and nothing where it is off', async () => {
    expect((await readme({ APP_KEY: GOOD_KEY })).keys).toEqual({ main_key: GOOD_KEY })
    expect((await loadJson({}, { APP_KEY: GOOD_KEY })).config.keys).toEqual({ main_key: GOOD_KEY })
    expect((await loadJson({ keys: { main_key: null } })).config.keys).toBeUndefined()
    expect(await saidBy(() => loadJson({ encrypt: true, keys: { v2: GOOD_KEY, v1: null } }))).toContain("Option 'keys.v1': is not set.")
  })

  it('S-336: keys is a map in order: the first seals, the others open', async () => {
    const driver = new MemoryDriver({ acknowledged: true })
    const newer = newKey()
    const text = (...keys: readonly string[]): string => `encrypt = true\nkeys {\n${keys.map((key) => `  ${key}\n`).join('')}}`
    const sessionsOf = async (mlcText: string) =>
      createSessionManager({ ...(await load({ 'config/session.mlc': mlcText })).config, driver })
    const old = await sessionsOf(text(`v1 => '${GOOD_KEY}'`))
    const visit = await old.start()
    visit.set('a', 1)
    await visit.save()
    const now = await sessionsOf(text(`v2 => '${newer}'`, `v1 => '${GOOD_KEY}'`))
    expect(await now.run(visit.id, (again) => again.get('a'))).toBe(1)
    expect((await now.keyUsage()).byKey).toEqual(new Map([['v2', 1]]))
    await Promise.all([old.close(), now.close()])
  })

  it('S-337: enabled, or SESSION_ENABLED, false lets every request pass without a session', async () => {
    for (const [config, env] of [
      [{ enabled: false }, {}],
      [{}, { SESSION_ENABLED: 'off' }],
    ] as const) {
      const loaded = await loadJson({ driver: 'memory', ...config }, env)
      expect(loaded.session.enabled).toBe(false)
    }
    expect((await loadJson({})).session.enabled).toBe(true)
    for (const enabled of ['false', null, 0]) expect(await saidBy(() => loadJson({ enabled }))).toContain("Option 'enabled'")
  })

  it('S-338: except lists the paths that get no session: beginnings, and expressions between #', async () => {
    const { config, session: options } = await loadJson({
      driver: 'memory',
      memory: { acknowledged: true },
      except: ['/api', '#\\.json$#i'],
    })
    await using sessions = await createSessionManager(config)
    const handle = session(sessions, options)((_request, visit) => new Response(String('session' in visit && visit.session !== undefined)))
    const answers = ['/api/users', '/apix', '/a.JSON', '/'].map(async (path) =>
      (await handle(new Request(`https://example.com${path}`))).text(),
    )
    expect(await Promise.all(answers)).toEqual(['false', 'true', 'false', 'true'])
    for (const except of [[''], ['#(#'], '/api']) expect(await saidBy(() => loadJson({ except }))).toContain("Option 'except")
  })

  it('S-450: a published file makes the manager and the middleware, cookie name, switch and excepted paths included', async () => {
    const text = configText('json').replace('"ml_session"', '"sid"').replace('"except": []', '"except": ["/health"]')
    const cwd = application({ 'config/session.json': text })
    const loaded = await loadSessionConfig({ cwd, env: {} })
    await using sessions = await createSessionManager(loaded)
    const handle = session(
      sessions,
      loaded.session,
    )((_request, visit) => {
      visit.session?.set('a', 1)
      return new Response('')
    })
    const cookieAt = async (path: string) => (await handle(new Request(`https://example.com${path}`))).headers.get('set-cookie')
    expect(await cookieAt('/')).toMatch(/^__Host-sid=/)
    expect(await cookieAt('/health')).toBeNull()
  })

  it('S-346: a key that is not known is an error that names the nearest one', async () => {
    const slips: [object, string][] = [
      [{ cookie_nmae: 'a' }, "Option 'cookie_nmae': is not known. Did you mean 'cookie_name'?"],
      [{ drivers: { fiel: { path: 'a' } } }, "Option 'drivers.fiel': is not known. Did you mean 'file'?"],
      [{ drivers: { file: { pth: 'a' } } }, "Option 'drivers.file.pth': is not known. Did you mean 'path'?"],
      [{ session: { encript: true } }, "Option 'encript': is not known. Did you mean 'encrypt'?"],
      [{ lifetime: { idleSecond: 5 } }, "Option 'lifetime.idleSecond': is not known. Did you mean 'idleSeconds'?"],
    ]
    for (const [config, message] of slips) expect(await saidBy(() => loadJson(config)), message).toContain(message)
    expect(await saidBy(() => loadJson({}, { SESSION_COOKIE_LIFETIM: '5' }))).toContain("Did you mean 'SESSION_COOKIE_LIFETIME'?")
  })
})

/** The cookie that a visitor gets under the README's file, in an environment. */
async function cookieIn(env: Variables): Promise<string> {
  await using sessions = await createSessionManager({ ...(await readme(env)), driver: new MemoryDriver({ acknowledged: true }) })
  const handle = session(sessions)((_request, visit) => {
    visit.session.set('a', 1)
    return new Response('')
  })
  return (await handle(new Request('https://example.com/app'))).headers.get('set-cookie') ?? ''
}
