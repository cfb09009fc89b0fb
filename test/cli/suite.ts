import { describe, expect, it, onTestFinished } from 'vitest'
import type { LockingDriver } from '../../src/contracts/driver.ts'
import { DatabaseDriver } from '../../src/drivers/database/database-driver.ts'
import { aRecord, newKey } from '../../src/testing/suite/records.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { type CommandOptions, type Ended, configFile, holdfast, newApp, onTerminal, said } from './command.ts'
import { ENDED, FLASH_WORD, PAYLOAD_WORD, type Visitor, visitors } from './shop.ts'

/** A store and the configuration that leads to it. */
export interface Place {
  readonly config: object
  readonly env?: Readonly<Record<string, string>>
  /** Another driver over the same store, as the application has it. */
  readonly connect: () => Promise<LockingDriver> | LockingDriver
  readonly end?: () => Promise<void>
}

interface App {
  readonly driver: LockingDriver
  readonly run: (...args: string[]) => Promise<Ended>
  readonly at: CommandOptions
}

/** What every command does on a store, with the store that an application has filled. */
export function commandSuite(name: string, newPlace: (folder: string) => Promise<Place> | Place): void {
  // Each command is a process of its own: on a busy machine that takes its time.
  describe(`the command on ${name}`, { timeout: 180_000 }, () => {
    const newShop = async (): Promise<App> => {
      const folder = newApp()
      const place = await newPlace(folder)
      const at = { cwd: newApp(configFile(place.config)), env: place.env ?? {} }
      const run = (...args: string[]): Promise<Ended> => holdfast(args, at)
      const driver = await place.connect()
      if (driver instanceof DatabaseDriver) await driver.migrate()
      await driver.open()
      onTestFinished(async () => {
        await driver.close()
        await place.end?.()
      })
      return { driver, run, at }
    }

    it('list shows handles, users and devices, and as JSON the keys that show takes', async () => {
      const { driver, run } = await newShop()
      const made = await visitors(driver, 5)
      const human = await run('list')
      expect(human).toMatchObject({ code: 0, stderr: '' })
      for (const { handle } of made) expect(human.stdout).toContain(handle)
      expect(human.stdout).toMatch(/^HANDLE +USER +BEGAN +LAST SEEN +ENDS +ADDRESS +DEVICE\n/)
      expect(human.stdout).toMatch(/ ada .* 203\.0\.113\.… +Firefox on Windows\n/)
      const { sessions } = jsonOf(await run('list', '--json', '--user', 'ada', '--addresses'))
      expect(handlesOf(sessions)).toEqual(handlesOf(made.filter(({ userId }) => userId === 'ada')))
      expect(sessions.every(({ ipAddress }) => /^203\.0\.113\.\d$/.test(String(ipAddress)))).toBe(true)
      for (const { key, handle } of sessions) {
        const shown = await run('show', String(key), '--json')
        expect(JSON.parse(shown.stdout)).toMatchObject({
          key,
          handle,
          userId: 'ada',
          kind: 'session',
          isSealed: false,
          ipAddress: '203.0.113.…',
        })
      }
      const byHandle = await run('show', made[1]?.handle ?? '')
      expect(byHandle.stdout).toMatch(/^user +-$/m)
      expect(byHandle.stdout).toMatch(/^data +\d+ B, and \d+ B of flash, not sealed; not shown$/m)
    })

    it('migrate may be run again and again, and --print connects to nothing', async () => {
      const { driver, run } = await newShop()
      expect(await run('migrate')).toMatchObject({ code: 0, stderr: '' })
      expect(JSON.parse((await run('migrate', '--json')).stdout)).toEqual({
        driver: driver.name,
        migrated: driver instanceof DatabaseDriver,
      })
      const [named, unnamed] = await Promise.all([run('migrate', '--print', '--dialect', 'mariadb'), run('migrate', '--print')])
      expect([named.code, named.stdout]).toEqual([0, expect.stringMatching(/^CREATE TABLE IF NOT EXISTS `[^]*ENGINE/)])
      if (driver instanceof DatabaseDriver)
        expect(unnamed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^CREATE TABLE IF NOT EXISTS "/) })
      else expect(unnamed).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--dialect') })
    })

    it('list ends at its limit, and goes on from its cursor', async () => {
      const { driver, run } = await newShop()
      const made = await visitors(driver, 5)
      const seen: Readonly<Record<string, unknown>>[] = []
      let cursor: string | null = ''
      for (let pages = 0; cursor !== null && pages < 20; pages++) {
        const page = jsonOf(await run('list', '--json', '--limit', '2', ...(cursor === '' ? [] : ['--cursor', cursor])))
        expect(page.sessions.length).toBeLessThanOrEqual(2)
        seen.push(...page.sessions)
        ;({ cursor } = page)
      }
      expect([...new Set(handlesOf(seen))]).toEqual(handlesOf(made))
      expect(jsonOf(await run('list', '--json', '--limit', '0')).sessions.length).toBe(5)
    })

    it('a cursor that no page ended with is refused in one line', async () => {
      const { driver, run } = await newShop()
      await visitors(driver, 1)
      for (const args of [['list'], ['list', '--user', 'ada'], ['list', '--json'], ['stats']])
        expect(await run(...args, '--cursor', 'rubbish')).toMatchObject({
          code: 2,
          stdout: '',
          stderr: expect.stringMatching(/^[^\n]*the cursor is none that a page before ended with\. Leave it out[^\n]*\n$/),
        })
    })

    it('revoke ends one session, those of a user, or all; --dry-run ends none', async () => {
      const { driver, run } = await newShop()
      const made = await visitors(driver, 6)
      const left = async (): Promise<string[]> => handlesOf(jsonOf(await run('list', '--json')).sessions)
      const [first, second] = made
      const asked = [[first?.handle ?? ''], ['--user', 'ada'], ['--all']]
      const dry = await Promise.all(asked.map((args) => run('revoke', ...args, '--dry-run', '--json')))
      expect(dry.map(({ stdout }) => JSON.parse(stdout))).toEqual(
        [1, 3, 6].map((revoked) => ({ revoked, dryRun: true, isDone: true, goOn: null })),
      )
      expect(await left()).toEqual(handlesOf(made))
      expect(await run('revoke', second?.handle ?? '')).toMatchObject({ code: 0, stdout: '1 session ended.\n', stderr: '' })
      expect(await left()).toEqual(handlesOf(made.filter((one) => one !== second)))
      const { sessions } = jsonOf(await run('list', '--json', '--user', 'ada'))
      expect(await run('revoke', String(sessions[0]?.key))).toMatchObject({ code: 0, stdout: '1 session ended.\n' })
      expect(await run('revoke', '--user', 'ada')).toMatchObject({ code: 0, stdout: '2 sessions ended.\n' })
      expect(await left()).toEqual(handlesOf(made.filter(({ userId }) => userId !== 'ada').filter((one) => one !== second)))
      expect(JSON.parse((await run('revoke', '--all', '--json')).stdout)).toEqual({ revoked: 2, dryRun: false, isDone: true, goOn: null })
      expect(await left()).toEqual([])
      expect(await run('revoke', first?.handle ?? '')).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(/^holdfast: No session .*\n$/),
      })
    })

    it('revoke --all --before ends only what began before', async () => {
      const { driver, run } = await newShop()
      await visitors(driver, 2)
      await new Promise((resolve) => setTimeout(resolve, 20))
      const before = new Date().toISOString()
      await new Promise((resolve) => setTimeout(resolve, 20))
      const [young] = await visitors(driver, 1)
      expect(await run('revoke', '--all', '--before', before)).toMatchObject({ code: 0, stdout: '2 sessions ended.\n' })
      expect(jsonOf(await run('list', '--json')).sessions.map(({ handle }) => handle)).toEqual([young?.handle])
    })

    it('gc removes what has expired, and --dry-run only counts it', async () => {
      const { driver, run } = await newShop()
      await visitors(driver, 2)
      for (let n = 0; n < 5; n++) await driver.insert(newKey(), aRecord({ durations: ENDED }))
      await new Promise((resolve) => setTimeout(resolve, 20))
      const expected = driver.expiresByItself ? 0 : 5
      for (let times = 0; times < 2; times++) {
        expect(JSON.parse((await run('gc', '--dry-run', '--json')).stdout)).toMatchObject({ removed: 0, expired: expected, dryRun: true })
      }
      expect(await run('gc')).toMatchObject({ code: 0, stdout: `${expected} expired records removed.\n`, stderr: '' })
      expect(JSON.parse((await run('gc', '--dry-run', '--json')).stdout)).toMatchObject({ expired: 0 })
      expect(jsonOf(await run('list', '--json')).sessions.length).toBe(2)
    })

    it('stats counts sessions, sizes, ages, traces, and who holds a lock', async () => {
      const { driver, run } = await newShop()
      const made = await visitors(driver, 4)
      const sessions = new SessionManager({ driver, collectEverySeconds: 0 })
      const moved = await sessions.start(made[0]?.id)
      await moved.regenerate()
      await moved.save()
      const held = await sessions.start(made[1]?.id)
      const counted = JSON.parse((await run('stats', '--json')).stdout)
      expect(counted).toMatchObject({
        driver: driver.name,
        isWhole: true,
        sessions: 4,
        withUser: 2,
        markers: 1,
        expired: 0,
        unreadable: 0,
        held: 1,
      })
      expect(counted.holders).toEqual([expect.objectContaining({ handle: made[1]?.handle, userId: null })])
      expect(counted.bytes).toBeGreaterThan(4 * PAYLOAD_WORD.length)
      expect(counted.ages['up to an hour']).toBe(4)
      const human = await run('stats')
      expect(human).toMatchObject({ code: 0, stderr: '' })
      expect(human.stdout).toMatch(/^sessions +4, 2 of them with a user$/m)
      expect(human.stdout).toMatch(/^locked now +1$/m)
      await held.save()
      expect(JSON.parse((await run('stats', '--json')).stdout)).toMatchObject({ held: 0, holders: [] })
    })

    it('on a terminal it asks before anything ends, and takes any answer but yes for no', async () => {
      const { driver, at, run } = await newShop()
      await visitors(driver, 3)
      const asked = await onTerminal(['revoke', '--all'], { ...at, input: '\n' })
      expect(asked.code).toBe(0)
      expect(asked.stdout).toMatch(/All users will be logged out\. \[y\/N\][\s\S]*Nothing was ended\./)
      expect(jsonOf(await run('list', '--json')).sessions.length).toBe(3)
      const ended = await onTerminal(['revoke', '--all'], { ...at, input: 'y\n' })
      expect([ended.code, ended.stdout]).toEqual([0, expect.stringContaining('3 sessions ended.')])
      expect(jsonOf(await run('list', '--json')).sessions.length).toBe(0)
    })

    it('nothing that any command says has an id, a token or a word of the data in it', async () => {
      const { driver, run } = await newShop()
      const made = await visitors(driver, 4)
      said.length = 0
      const [first] = jsonOf(await run('list', '--json')).sessions
      const sessions = new SessionManager({ driver, collectEverySeconds: 0 })
      const held = await sessions.start(made[3]?.id)
      const id = made[0]?.id ?? ''
      const harmless = [['list'], ['stats'], ['stats', '--json'], ['show', String(first?.key)], ['show', made[1]?.handle ?? '', '--json']]
      const doctors = [
        ['doctor', '--lock-seconds', '0', '--json'],
        ['doctor', '--lock-seconds', '0'],
      ]
      const wrong = [['show', id], ['revoke', id], ['show', id, id], ['revoke', '--all', id], [id]]
      await Promise.all([...harmless, ...doctors].map((args) => run(...args)))
      for (const { code } of await Promise.all(wrong.map((args) => run(...args)))) expect(code).toBe(2)
      await held.save()
      await run('revoke', made[2]?.handle ?? '')
      await run('revoke', '--all')
      const all = said.join('\n')
      expect(all).toContain(made[0]?.handle)
      for (const secret of secretsOf(made)) expect(all.toLowerCase().includes(secret.toLowerCase()), secret).toBe(false)
    })
  })
}

function secretsOf(made: readonly Visitor[]): string[] {
  return [...made.flatMap(({ id, token }) => [id, token]), PAYLOAD_WORD, FLASH_WORD, 'secret.word']
}

function handlesOf(sessions: readonly { readonly handle?: unknown }[]): string[] {
  return sessions.map(({ handle }) => String(handle)).toSorted((one, other) => one.localeCompare(other))
}

interface Listed {
  readonly sessions: readonly Readonly<Record<string, unknown>>[]
  readonly cursor: string | null
}

function jsonOf({ code, stdout, stderr }: Ended): Listed {
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout)
}
