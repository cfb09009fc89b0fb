import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { DatabaseDriver } from '../../src/drivers/database/database-driver.ts'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { aRecord, newKey, newToken } from '../../src/testing/suite/records.ts'
import { describeNeeding } from '../support/needs.ts'
import { startRedis } from '../support/redis-server.ts'
import { type Ended, configFile, holdfast, newApp, writeFiles } from './command.ts'
import { ENDED, visitors } from './shop.ts'

const V1 = 'kX0nVq0Wm1yZb8sJ3tR5uC7eF9gH2iK4lN6oP8qS1rE='
const V2 = 'pT3uW6xZ9aC2dF5gI8jL1mO4qR7sU0vX3yB6eH9kN2o='

interface Finding {
  readonly level: string
  readonly message: string
  readonly cure?: string
}

interface Diagnosis {
  readonly code: number | null
  /** What was found, by the name of the check. */
  readonly of: (check: string) => Finding
}

interface Options {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly node?: readonly string[]
}

const diagnosis = async (cwd: string, { args = [], env = {}, node = [] }: Options = {}): Promise<Diagnosis> => {
  const ended: Ended = await holdfast(['doctor', '--json', '--lock-seconds', '0', ...args], { cwd, env, node })
  expect(ended.stderr).toBe('')
  const { findings } = JSON.parse(ended.stdout)
  const all: readonly (Finding & { readonly check: string })[] = findings
  for (const { level, cure } of all) expect(cure !== undefined).toBe(level === 'warning' || level === 'fault')
  return {
    code: ended.code,
    of: (check) => all.find((one) => one.check === check) ?? { level: 'none', message: `there is no check ${check}` },
  }
}

const onFiles = async (cwd: string): Promise<FileDriver> => {
  const driver = new FileDriver({ path: join(cwd, 'var/sessions') })
  await driver.open()
  return driver
}

describe('holdfast doctor looks at the configuration', { timeout: 120_000 }, () => {
  it('a good one has nothing to say, and the exit code 0; each line for people has its check', async () => {
    const cwd = newApp(configFile({ driver: 'file' }))
    const { code, stdout, stderr } = await holdfast(['doctor'], { cwd, env: { NODE_ENV: 'production' } })
    expect([code, stderr]).toEqual([0, ''])
    for (const check of [
      'cookie-secure',
      'cookie-name',
      'absolute-limit',
      'keys',
      'memory-driver',
      'store',
      'folder',
      'expired',
      'plaintext',
      'proxies',
      'locks',
    ])
      expect(stdout).toMatch(new RegExp(`^ok +${check} `, 'm'))
    expect(stdout).toMatch(/\n0 faults, 0 warnings\.\n$/)
  })

  it('no Secure cookie is a fault, and a name without prefix a warning, each with its cure', async () => {
    const bad = await diagnosis(newApp(configFile({ cookie: { secure: false } })))
    expect(bad.of('cookie-secure')).toMatchObject({ level: 'fault', cure: expect.stringContaining('cookie.secure to true') })
    expect(bad.of('cookie-name')).toMatchObject({ level: 'warning', cure: expect.stringContaining('__Host-') })
    expect(bad.code).toBe(1)
    const bare = newApp(configFile({ cookie: { prefix: 'none' } }))
    const warned = await diagnosis(bare)
    expect([warned.code, warned.of('cookie-secure').level, warned.of('cookie-name').level]).toEqual([0, 'good', 'warning'])
    expect((await diagnosis(bare, { args: ['--strict'] })).code).toBe(1)
    const auto = newApp(configFile({ cookie: { secure: 'auto' } }))
    expect((await diagnosis(auto)).of('cookie-secure').level).toBe('good')
    expect((await diagnosis(auto, { env: { NODE_ENV: 'production' } })).of('cookie-secure').level).toBe('fault')
    const good = await diagnosis(newApp(configFile({})))
    expect([good.code, good.of('cookie-secure').level, good.of('cookie-name').level]).toEqual([0, 'good', 'good'])
  })

  it('a missing absolute limit is a fault', async () => {
    const bad = await diagnosis(newApp(configFile({ lifetime: { absoluteSeconds: 0 } })))
    expect(bad.of('absolute-limit')).toMatchObject({ level: 'fault', cure: expect.stringContaining('lifetime.absoluteSeconds') })
    expect(bad.code).toBe(1)
    expect((await diagnosis(newApp(configFile({ lifetime: { absoluteSeconds: 3600 } })))).of('absolute-limit').level).toBe('good')
  })

  it('a single key is a warning, a key of the PHP library that seals a fault, and a weak key is refused', async () => {
    const single = await diagnosis(newApp(configFile({ encrypt: true, keys: { v1: V1 } })))
    expect([single.code, single.of('keys')]).toEqual([
      0,
      expect.objectContaining({ level: 'warning', cure: expect.stringContaining('holdfast keys generate') }),
    ])
    const two = await diagnosis(newApp(configFile({ encrypt: true, keys: { v2: V2, v1: { key: V1, state: 'opens' } } })))
    expect(two.of('keys').level).toBe('good')
    const source = `import { phpKey } from ${JSON.stringify(pathToFileURL('src/serializers/encrypted.ts').href)}
export default { driver: 'file', encrypt: true, keys: { v1: phpKey('secret') } }`
    const php = await diagnosis(newApp({ 'session.config.ts': source }))
    expect([php.code, php.of('keys').level]).toEqual([1, 'fault'])
    const weak = await holdfast(['doctor'], { cwd: newApp(configFile({ encrypt: true, keys: { v1: 'password' } })) })
    expect(weak.code).not.toBe(0)
    expect(weak.stdout + weak.stderr).toMatch(/keys\.v1/)
    expect(weak.stdout + weak.stderr).not.toContain('password')
  })

  it('the memory driver is a fault in production, and elsewhere a warning', async () => {
    const cwd = newApp(configFile({ driver: 'memory' }))
    const production = await diagnosis(cwd, { env: { NODE_ENV: 'production' } })
    expect([production.code, production.of('memory-driver')]).toEqual([
      1,
      expect.objectContaining({ level: 'fault', cure: expect.stringContaining('SESSION_DRIVER') }),
    ])
    expect([(await diagnosis(cwd)).of('memory-driver').level, (await diagnosis(newApp(configFile({})))).of('memory-driver').level]).toEqual(
      ['warning', 'good'],
    )
  })
})

describe('holdfast doctor looks at the store', { timeout: 120_000 }, () => {
  it('a store that cannot be used is a fault with what to do', async () => {
    const cwd = newApp(configFile({ driver: 'database', database: { url: 'sqlite:sessions.db' } }))
    const bad = await diagnosis(cwd)
    expect([bad.code, bad.of('store')]).toEqual([
      1,
      expect.objectContaining({ level: 'fault', message: expect.stringContaining('migrate') }),
    ])
    await holdfast(['migrate'], { cwd })
    const good = await diagnosis(cwd)
    expect([good.code, good.of('store').level, good.of('table').level]).toEqual([0, 'good', 'good'])
  })

  it('a table without its index is a warning', async () => {
    const cwd = newApp(configFile({ driver: 'database', database: { url: 'sqlite:sessions.db' } }))
    await holdfast(['migrate'], { cwd })
    const database = new DatabaseSync(join(cwd, 'sessions.db'))
    const indexes = database.prepare("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").all()
    expect(indexes.length).toBeGreaterThan(0)
    for (const { name } of indexes) database.exec(`DROP INDEX "${String(name)}"`)
    expect((await diagnosis(cwd)).of('table')).toMatchObject({ level: 'warning', cure: expect.stringContaining('holdfast migrate') })
    await holdfast(['migrate'], { cwd })
    expect((await diagnosis(cwd)).of('table').level).toBe('good')
    database.close()
  })

  it('a folder that others can read is a fault, and so is a file in it', async () => {
    const cwd = newApp(configFile({ driver: 'file' }))
    const driver = await onFiles(cwd)
    await visitors(driver, 1)
    const folder = join(cwd, 'var/sessions')
    expect((await diagnosis(cwd)).of('folder').level).toBe('good')
    writeFileSync(join(folder, 'copy-of-everything'), '', { mode: 0o644 })
    chmodSync(join(folder, 'copy-of-everything'), 0o644)
    expect((await diagnosis(cwd)).of('folder')).toMatchObject({ level: 'fault', cure: expect.stringContaining('chmod') })
    chmodSync(join(folder, 'copy-of-everything'), 0o600)
    chmodSync(folder, 0o755)
    const open = await diagnosis(cwd)
    expect([open.code, open.of('folder').level]).toEqual([1, 'fault'])
    await driver.close()
  })

  it('the folder of a driver that the configuration made itself is not known, and stops no other check', async () => {
    const module = pathToFileURL('src/drivers/file/file-driver.ts').href
    const made = `import { FileDriver } from '${module}'\nexport default { driver: new FileDriver({ path: 'sessions' }) }`
    const { code, of } = await diagnosis(newApp({ 'session.config.ts': made }))
    expect([code, of('folder').level, of('locks').level]).toEqual([0, 'unknown', 'good'])
  })

  it('plain texts among sealed ones are a fault, and so are keys that are not in the ring', async () => {
    const cwd = newApp(configFile({ encrypt: true, keys: { v2: V2, v1: { key: V1, state: 'opens' } } }))
    const driver = await onFiles(cwd)
    await visitors(driver, 2, { v1: V1 })
    const good = await diagnosis(cwd)
    expect([good.of('plaintext').level, good.of('keys-in-use').level]).toEqual(['good', 'good'])
    await visitors(driver, 1)
    const plain = await diagnosis(cwd)
    expect([plain.code, plain.of('plaintext')]).toEqual([
      1,
      expect.objectContaining({ level: 'fault', cure: expect.stringContaining('holdfast keys reseal') }),
    ])
    expect(plain.of('plaintext').message).toMatch(/^1 of 3 /)
    writeFiles(
      cwd,
      configFile({ encrypt: true, keys: { v2: V2, v3: { key: 'mX0nVq0Wm1yZb8sJ3tR5uC7eF9gH2iK4lN6oP8qS1rE=', state: 'opens' } } }),
    )
    expect((await diagnosis(cwd)).of('keys-in-use')).toMatchObject({ level: 'fault', message: expect.stringContaining('v1') })
    await driver.close()
  })

  it('expired rows that pile up are a warning, a few are not', async () => {
    const cwd = newApp(configFile({ driver: 'database', database: { url: 'sqlite:sessions.db' } }))
    const driver = new DatabaseDriver({ client: new DatabaseSync(join(cwd, 'sessions.db')) })
    await driver.migrate()
    await driver.open()
    for (let n = 0; n < 60; n++) await driver.insert(newKey(), aRecord({ durations: ENDED }))
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect((await diagnosis(cwd)).of('expired').level).toBe('good')
    for (let n = 0; n < 60; n++) await driver.insert(newKey(), aRecord({ durations: ENDED }))
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect((await diagnosis(cwd)).of('expired')).toMatchObject({ level: 'warning', cure: expect.stringContaining('holdfast gc') })
    await driver.close()
  })

  it('a record that cannot be read is a warning', async () => {
    const cwd = newApp(configFile({ driver: 'file' }))
    const driver = await onFiles(cwd)
    await visitors(driver, 2)
    expect((await diagnosis(cwd)).of('unreadable').level).toBe('good')
    mkdirSync(join(cwd, 'var/sessions/00'), { recursive: true, mode: 0o700 })
    writeFileSync(join(cwd, `var/sessions/00/${'0'.repeat(64)}`), 'not a record', { mode: 0o600 })
    expect((await diagnosis(cwd)).of('unreadable')).toMatchObject({ level: 'warning', message: expect.stringMatching(/^1 /) })
    await driver.close()
  })

  it('one address inside for nearly all sessions is a warning, unless proxies are declared', async () => {
    const cwd = newApp(configFile({ driver: 'file' }))
    const driver = await onFiles(cwd)
    for (let n = 0; n < 25; n++) await driver.insert(newKey(), aRecord({ ipAddress: `203.0.113.${n}` }))
    expect((await diagnosis(cwd)).of('proxies').level).toBe('good')
    for (let n = 0; n < 250; n++) await driver.insert(newKey(), aRecord({ ipAddress: '10.0.0.7' }))
    const bad = (await diagnosis(cwd)).of('proxies')
    expect(bad).toMatchObject({ level: 'warning', cure: expect.stringContaining('trustProxy') })
    expect(bad.message).not.toContain('10.0.0.7')
    writeFiles(cwd, configFile({ driver: 'file', trustProxy: 1 }))
    expect((await diagnosis(cwd)).of('proxies').level).toBe('good')
    await driver.close()
  })

  it('a lock that the same request holds all the while is a warning; one that is given back is not', async () => {
    const cwd = newApp(configFile({ driver: 'database', database: { url: 'sqlite:sessions.db' } }))
    const driver = new DatabaseDriver({ client: new DatabaseSync(join(cwd, 'sessions.db')) })
    await driver.migrate()
    await driver.open()
    const key = newKey()
    const record = aRecord()
    await driver.insert(key, record)
    expect((await diagnosis(cwd)).of('locks').level).toBe('good')
    const token = newToken()
    await driver.acquire(key, { token, leaseMs: 600_000 })
    expect((await diagnosis(cwd)).of('locks')).toMatchObject({ level: 'warning', message: expect.stringContaining(record.handle) })
    await driver.unlock({ key, token })
    expect((await diagnosis(cwd)).of('locks').level).toBe('good')
    await driver.close()
  })

  it('clocks that are apart are a warning, or a fault', async () => {
    const cwd = newApp({
      ...configFile({ driver: 'database', database: { url: 'sqlite:sessions.db' } }),
      'clock.mjs': 'const now = Date.now; const by = Number(process.env.CLOCK_BY); Date.now = () => now() + by',
    })
    const driver = new DatabaseDriver({ client: new DatabaseSync(join(cwd, 'sessions.db')) })
    await driver.migrate()
    await driver.open()
    expect((await diagnosis(cwd)).of('clock').level).toBe('unknown')
    await driver.insert(newKey(), aRecord())
    const node = ['--import', pathToFileURL(join(cwd, 'clock.mjs')).href]
    const apart = async (ms: number): Promise<string> => (await diagnosis(cwd, { node, env: { CLOCK_BY: String(ms) } })).of('clock').level
    expect([await apart(0), await apart(-20_000), await apart(3_600_000)]).toEqual(['good', 'warning', 'fault'])
    await driver.close()
  })
})

describeNeeding('redis-server', 'holdfast doctor looks at Redis', () => {
  it('an evicting policy is a fault, and a server without persistence a warning', { timeout: 120_000 }, async () => {
    await using server = await startRedis({ args: ['--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru'] })
    const cwd = newApp(configFile({ driver: 'redis' }))
    const env = { REDIS_URL: server.url }
    const bad = await diagnosis(cwd, { env })
    expect([bad.code, bad.of('redis-eviction')]).toEqual([
      1,
      expect.objectContaining({ level: 'fault', cure: expect.stringContaining('noeviction') }),
    ])
    expect(bad.of('redis-persistence')).toMatchObject({ level: 'warning', cure: expect.stringContaining('appendonly') })
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
    await server.command('CONFIG', 'SET', 'save', '3600 1')
    const good = await diagnosis(cwd, { env })
    expect([good.code, good.of('redis-eviction').level, good.of('redis-persistence').level]).toEqual([0, 'good', 'good'])
    await server.command('CONFIG', 'SET', 'save', '')
    await server.command('CONFIG', 'SET', 'appendonly', 'yes')
    expect((await diagnosis(cwd, { env })).of('redis-persistence').level).toBe('good')
    await server.command('ACL', 'SETUSER', 'limited', 'on', 'nopass', '~*', '+@all', '-info', '-config')
    const limited = await diagnosis(cwd, { env: { REDIS_URL: server.url.replace('//', '//limited:any@') } })
    expect(limited.of('redis-eviction').level).toBe('unknown')
  })
})
