import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { DatabaseDriver } from '../../src/drivers/database/database-driver.ts'
import { aRecord, newKey } from '../../src/testing/suite/records.ts'
import { STOP_AT_ONCE, configFile, holdfast, newApp, onTerminal, startHoldfast, writeFiles } from './command.ts'
import { ENDED, visitors } from './shop.ts'

const V1 = 'kX0nVq0Wm1yZb8sJ3tR5uC7eF9gH2iK4lN6oP8qS1rE='
const V2 = 'pT3uW6xZ9aC2dF5gI8jL1mO4qR7sU0vX3yB6eH9kN2o='

/** A module that says at the end how much room the heap has for young objects. */
const SAY_ROOM = `data:text/javascript,${encodeURIComponent(`
import { getHeapSpaceStatistics } from 'node:v8'
process.on('exit', () => {
  const { space_size: size } = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')
  console.error('room for young objects: ' + size)
})`)}`

interface Shop {
  readonly cwd: string
  readonly driver: DatabaseDriver
  readonly count: (where: string) => number
  readonly end: () => Promise<void>
}

const shopWith = async (more: object): Promise<Shop> => {
  const cwd = newApp(configFile({ driver: 'database', database: { url: 'sqlite:sessions.db' }, ...more }))
  const database = new DatabaseSync(join(cwd, 'sessions.db'))
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF')
  const driver = new DatabaseDriver({ client: database })
  await driver.migrate()
  await driver.open()
  return {
    cwd,
    driver,
    count: (where) => Number(database.prepare(`SELECT count(*) AS n FROM sessions WHERE ${where}`).get()?.['n']),
    end: async () => {
      await driver.close()
      database.close()
    },
  }
}

const until = async (isTrue: () => boolean): Promise<void> => {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 20))
}

describe('long work', { timeout: 180_000 }, () => {
  it('reseal stops after the page at Ctrl-C, says how to go on, and goes on from there', async () => {
    const { cwd, driver, count, end } = await shopWith({ encrypt: true, keys: { v2: V2, v1: { key: V1, state: 'opens' } } })
    await visitors(driver, 300, { v1: V1 })
    const running = startHoldfast(['keys', 'reseal', '--rate', '20'], { cwd })
    await until(() => count("payload LIKE 'hf1.v2.%'") > 0)
    running.signal('SIGINT')
    const { code, stdout, stderr } = await running.ended
    expect([code, stderr]).toEqual([130, ''])
    const [, cursor = ''] = /^Stopped\. Go on with: holdfast keys reseal --rate 20 --cursor ([0-9a-f]{64})$/m.exec(stdout) ?? []
    const behind = count("payload LIKE 'hf1.v2.%'")
    expect(behind).toBeGreaterThan(0)
    expect(behind).toBeLessThan(300)
    const rest = await holdfast(['keys', 'reseal', '--cursor', cursor, '--json'], { cwd })
    expect(JSON.parse(rest.stdout)).toMatchObject({ resealed: 300 - behind, isDone: true, cursor: null })
    expect(count("payload LIKE 'hf1.v2.%'")).toBe(300)
    await end()
  })

  it('revoke --all that is stopped says how to go on; who has come meanwhile stays', async () => {
    const { cwd, driver, count, end } = await shopWith({})
    for (let n = 0; n < 6000; n++) await driver.insert(newKey(), aRecord())
    const running = startHoldfast(['revoke', '--all'], { cwd })
    await until(() => count('TRUE') < 6000)
    running.signal('SIGTERM')
    const { code, stdout } = await running.ended
    expect(code).toBe(130)
    const [, before = ''] = /Stopped\. Go on with: holdfast revoke --all --before (\S+)$/m.exec(stdout) ?? []
    expect(count('TRUE')).toBeGreaterThan(0)
    const [late] = await visitors(driver, 1)
    expect((await holdfast(['revoke', '--all', '--before', before], { cwd })).code).toBe(0)
    const { sessions } = JSON.parse((await holdfast(['list', '--json'], { cwd })).stdout)
    expect(sessions).toEqual([expect.objectContaining({ handle: late?.handle })])
    await end()
  })

  it('stats goes on from a cursor, and two parts make the whole', async () => {
    const { cwd, driver, end } = await shopWith({})
    for (let n = 0; n < 1200; n++) await driver.insert(newKey(), aRecord())
    const { cursor = '' } = await driver.survey({ limit: 700 })
    const [whole, rest] = await Promise.all(
      [
        ['stats', '--json'],
        ['stats', '--json', '--cursor', cursor],
      ].map((args) => holdfast(args, { cwd })),
    )
    expect([JSON.parse(whole?.stdout ?? '').sessions, JSON.parse(rest?.stdout ?? '').sessions]).toEqual([1200, 500])
    await end()
  })

  it('gc --dry-run that is stopped is gone on with by one that removes nothing either, with the same configuration', async () => {
    const { cwd, driver, count, end } = await shopWith({})
    for (let n = 0; n < 500; n++) await driver.insert(newKey(), aRecord({ durations: ENDED }))
    const file = 'config/our session.json'
    writeFiles(cwd, { [file]: readFileSync(join(cwd, 'config/session.json'), 'utf8') })
    const { code, stdout } = await holdfast(['gc', '--dry-run', '--config', file], { cwd, node: ['--import', STOP_AT_ONCE] })
    expect(code).toBe(130)
    expect(stdout).toMatch(/^Stopped\. Go on with: holdfast gc --config 'config\/our session\.json' --dry-run$/m)
    expect(count('TRUE')).toBe(500)
    await end()
  })

  it('doctor that is stopped says that it is a part, and does not say that all is well', async () => {
    const cwd = newApp(configFile({ driver: 'file' }))
    const { code, stdout } = await holdfast(['doctor', '--json'], { cwd, node: ['--import', STOP_AT_ONCE] })
    expect([code, JSON.parse(stdout).isWhole]).toEqual([130, false])
  })

  it('needs no more room for young objects the longer it takes', async () => {
    const { cwd, driver, end } = await shopWith({ encrypt: true, keys: { v1: V1 } })
    for (let n = 0; n < 3000; n++) await driver.insert(newKey(), aRecord())
    const { code, stderr } = await holdfast(['stats'], { cwd, node: ['--import', SAY_ROOM] })
    expect(code).toBe(0)
    const [, room] = /^room for young objects: (\d+)$/m.exec(stderr) ?? []
    // V8's own way would have given it 16 MiB by then, and goes on.
    expect(Number(room)).toBeLessThanOrEqual(8 * 2 ** 20)
    await end()
  })

  it('shows progress on a terminal, and takes it away; elsewhere it shows none', async () => {
    const { cwd, driver, end } = await shopWith({ encrypt: true, keys: { v2: V2, v1: { key: V1, state: 'opens' } } })
    await visitors(driver, 40, { v1: V1 })
    const shown = await onTerminal(['keys', 'reseal', '--rate', '40'], { cwd })
    expect(shown.stdout).toMatch(/Sealing \[[#.]{24}\] \d+ % {2}\d+/)
    expect(shown.stdout).toContain('\r\u001B[K40 looked at, 40 sealed anew')
    const quiet = await holdfast(['keys', 'reseal'], { cwd })
    expect([quiet.stdout, quiet.stderr]).toEqual(['40 looked at, 0 sealed anew, 0 in use, 0 unreadable.\n', ''])
    await end()
  })

  it('that fails takes its progress off the terminal before it says why', async () => {
    const module = (path: string): string => pathToFileURL(path).href
    const cwd = newApp({
      'session.config.ts': `import { MemoryDriver } from '${module('src/drivers/memory.ts')}'
import { aRecord, newKey } from '${module('src/testing/suite/records.ts')}'
class Failing extends MemoryDriver {
  async list(asked) {
    if (asked.cursor !== undefined) throw new Error('the store is gone')
    return super.list(asked)
  }
  survey = undefined
}
const driver = new Failing()
for (let n = 0; n < 200; n++) await driver.insert(newKey(), aRecord())
export default { driver }
`,
    })
    const { stdout } = await onTerminal(['stats'], { cwd })
    expect(stdout).toContain('100\r\u001B[Kholdfast: the store is gone')
  })
})
