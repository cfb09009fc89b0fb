import { type SpawnSyncReturns, type StdioOptions, spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../../src/cli/failure.ts'
import { silentServer } from '../support/silent-server.ts'
import { type Ended, MAIN, configFile, holdfast, newApp } from './command.ts'

const RECORDER = `
import { registerHooks } from 'node:module'
import { appendFileSync } from 'node:fs'
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context)
    appendFileSync(process.env.RECORD_TO, found.url + '\\n')
    return found
  },
})`

const CLIENTS = /node_modules\/(?:pg|postgres|mysql2|mariadb|better-sqlite3|redis|@redis|ioredis|iovalkey|kysely)\/|node:sqlite/

describe('the help of the command', { timeout: 120_000 }, () => {
  const loadedBy = async (args: readonly string[], config: object): Promise<string[]> => {
    const cwd = newApp({ 'recorder.mjs': RECORDER, ...configFile(config) })
    const record = join(cwd, 'modules.txt')
    const node = ['--import', pathToFileURL(join(cwd, 'recorder.mjs')).href]
    expect(await holdfast(args, { cwd, node, env: { RECORD_TO: record } })).toMatchObject({ code: 0, stderr: '' })
    return readFileSync(record, 'utf8').trim().split('\n')
  }

  it('loads no driver and no client of one, nor the configuration', async () => {
    for (const args of [['--help'], ['help', 'revoke'], ['doctor', '--help'], []]) {
      const modules = await loadedBy(args, { driver: 'redis' })
      expect(modules.some((url) => url.endsWith('/src/cli/program.ts'))).toBe(true)
      expect(modules.filter((url) => CLIENTS.test(url) || /\/src\/(?!cli\/|session\/)/.test(url))).toEqual([])
    }
  })

  it('a command loads the driver and the client that the configuration names, and no other', async () => {
    const modules = await loadedBy(['migrate'], { driver: 'database', database: { url: 'sqlite:sessions.db' } })
    expect(modules.some((url) => url.endsWith('/database-driver.ts')) && modules.includes('node:sqlite')).toBe(true)
    const others = /drivers\/(?:redis|file)|node_modules\/(?:pg|postgres|mysql2|mariadb|better-sqlite3|redis|ioredis)\//
    expect(modules.filter((url) => others.test(url))).toEqual([])
  })

  it('shows how a command below another is called', async () => {
    const shown = await holdfast(['keys', 'reseal', '--help'], { cwd: newApp() })
    expect(shown.stdout).toContain('Usage: holdfast keys reseal')
    expect(await holdfast(['help', 'keys', 'reseal'], { cwd: newApp() })).toEqual(shown)
  })

  it('names every command, and says what the exit codes mean', async () => {
    const { stdout } = await holdfast(['--help'], { cwd: newApp() })
    for (const name of ['publish', 'migrate', 'gc', 'list', 'show', 'revoke', 'stats', 'keys', 'doctor', 'completion', 'help'])
      expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'))
    expect(stdout).toMatch(/^Exit codes: 0 done; 1 .*; 2 .*; 3 .*; 130 /m)
  })
})

it('the command shows its version', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
  expect(await holdfast(['--version'], { cwd: newApp() })).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})

it('what a configuration prints stands beside the output', async () => {
  const cwd = newApp({ 'session.config.mjs': "console.log('injecting env (3) from .env')\nexport default { driver: 'memory' }" })
  const { stdout, stderr } = await holdfast(['list', '--json'], { cwd })
  expect([JSON.parse(stdout), stderr]).toEqual([{ sessions: [], cursor: null }, 'injecting env (3) from .env\n'])
})

it('publish says of a configuration beside the new one that two are an error', async () => {
  const cwd = newApp({ 'session.config.json': '{}' })
  const { code, stdout, stderr } = await holdfast(['publish', '--format', 'json', '--json'], { cwd })
  expect([code, JSON.parse(stdout)]).toEqual([0, { path: 'config/session.json', published: true }])
  expect(stderr).toMatch(/^holdfast: warning: session\.config\.json is a configuration as well[^\n]*\n$/)
  expect(await holdfast(['publish', '--format', 'json', '--force'], { cwd: newApp(configFile({})) })).toMatchObject({ code: 0, stderr: '' })
})

describe('what fails is one line that says what to do', { timeout: 120_000 }, () => {
  const failing = async (args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> => {
    const ended = await holdfast(args, { cwd, env })
    expect(ended.stdout).toBe('')
    expect(ended.stderr).toMatch(/^holdfast: [^\n]+\n$/)
    return ended
  }

  it('an unknown command is answered with the nearest one, and an option that is wrong with what it takes', async () => {
    const cwd = newApp()
    expect(await failing(['lst'], cwd)).toMatchObject({ code: 2, stderr: expect.stringContaining('(Did you mean list?)') })
    expect(await failing(['list', '--usr', 'ada'], cwd)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('(Did you mean --user?)'),
    })
    expect(await failing(['list', '--limit', 'x'], cwd)).toMatchObject({ code: 2, stderr: expect.stringContaining('whole number') })
    expect(await failing(['show'], cwd)).toMatchObject({ code: 2, stderr: expect.stringContaining("argument 'name'") })
    expect(await failing(['completion', 'powershell'], cwd)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('bash, zsh and fish'),
    })
  })

  it('help for a command that there is none of says so, as that command would', async () => {
    const cwd = newApp()
    expect(await failing(['help', 'lst'], cwd)).toEqual(await failing(['lst'], cwd))
    expect(await failing(['help', 'keys', 'resael'], cwd)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('(Did you mean reseal?)'),
    })
    expect(JSON.parse((await holdfast(['help', 'lst', '--json'], { cwd })).stderr)).toMatchObject({ error: { code: 'ERR_COMMAND' } })
    expect(await holdfast(['help', 'help'], { cwd })).toEqual(await holdfast(['--help'], { cwd }))
  })

  it('without a configuration it says how to make one, and makes nothing', async () => {
    const cwd = newApp()
    for (const args of [['list'], ['gc'], ['doctor'], ['keys', 'list']]) {
      expect(await failing(args, cwd)).toMatchObject({ code: 2, stderr: expect.stringContaining('holdfast publish') })
    }
    expect(await failing(['list', '--config', 'config/none.json'], cwd)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('none.json'),
    })
  })

  it('a configuration of another folder makes no folder of sessions in this one, in which nothing would be found', async () => {
    const application = newApp(configFile({ driver: 'file' }))
    const cwd = newApp()
    const elsewhere = await failing(['revoke', '--all', '--config', join(application, 'config/session.json')], cwd)
    expect(elsewhere).toMatchObject({ code: 2, stderr: expect.stringMatching(/no folder .*var\/sessions\. .* working folder/) })
    expect(existsSync(join(cwd, 'var'))).toBe(false)
    const whole = { SESSION_FILE_PATH: join(application, 'var/sessions') }
    const args = ['list', '--config', join(application, 'config/session.json')]
    expect(await holdfast(args, { cwd, env: whole })).toMatchObject({ code: 0, stderr: '' })
    expect(await holdfast(args, { cwd: application })).toMatchObject({ code: 0, stderr: '' })
  })

  it('a wrong configuration is named with its file and its option', async () => {
    const cwd = newApp(configFile({ driver: 'file', cookie: { sameSight: 'Lax' } }))
    const { code, stderr } = await failing(['list'], cwd)
    expect([code, stderr]).toEqual([2, expect.stringMatching(/session\.json.*sameSight.*sameSite/)])
    const broken = newApp({ 'config/session.json': '{ "driver": ' })
    expect((await failing(['list'], broken)).code).toBe(2)
  })

  it('a store that is down has an exit code of its own, and no password is shown', async () => {
    const cwd = newApp(configFile({ driver: 'database' }))
    const { code, stderr } = await failing(['stats'], cwd, { DATABASE_URL: 'postgres://someone:pass-of-the-mountain@127.0.0.1:9/none' })
    expect(code).toBe(3)
    expect(stderr).not.toContain('pass-of-the-mountain')
    const redis = newApp(configFile({ driver: 'redis' }))
    const down = await failing(['list'], redis, { REDIS_URL: 'redis://:pass-of-the-mountain@127.0.0.1:9' })
    expect(down.code).toBe(3)
    expect(down.stderr).not.toContain('pass-of-the-mountain')
    const folder = newApp({ ...configFile({ driver: 'file', file: { path: 'a-file/sessions' } }), 'a-file': '' })
    expect((await failing(['list'], folder)).code).toBe(3)
    const table = newApp(configFile({ driver: 'database', database: { url: 'sqlite:sessions.db' } }))
    expect(await failing(['list'], table)).toMatchObject({ code: 3, stderr: expect.stringContaining('migrate') })
  })

  it('a server that takes the connection and says nothing is a store that is down: the command ends, and says nothing of its client', async () => {
    const place = `${await silentServer()}/none`
    const failed = async (url: string): Promise<Ended> =>
      failing(['list'], newApp(configFile({ driver: 'database' })), { DATABASE_URL: url })
    const all = await Promise.all([failed(`postgres://ada@${place}`), failed(`mysql://ada@${place}`)])
    for (const { code, stderr } of all) expect([code, stderr]).toEqual([3, expect.stringContaining('could not be reached')])
  })

  it('a client that is not installed is named with the command that installs it', async () => {
    const hide = `import { registerHooks } from 'node:module'
registerHooks({ resolve(specifier, context, next) {
  if (specifier !== 'pg' && specifier !== 'postgres') return next(specifier, context)
  throw Object.assign(new Error("Cannot find package '" + specifier + "' imported from here"), { code: 'ERR_MODULE_NOT_FOUND' })
} })`
    const cwd = newApp({ ...configFile({ driver: 'database' }), 'hide.mjs': hide })
    const node = ['--import', pathToFileURL(join(cwd, 'hide.mjs')).href]
    const { code, stderr } = await holdfast(['list'], { cwd, node, env: { DATABASE_URL: 'postgres://127.0.0.1/none' } })
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^holdfast: [^\n]*npm install pg[^\n]*\n$/)])
  })

  it('with --json the error is JSON as well', async () => {
    const { code, stdout, stderr } = await holdfast(['list', '--json'], { cwd: newApp() })
    expect([code, stdout]).toEqual([2, ''])
    expect(JSON.parse(stderr)).toEqual({ error: { code: 'ERR_COMMAND', message: expect.stringContaining('holdfast publish') } })
  })

  it('output that cannot be written is an error, and what cannot be said of one changes no exit code', () => {
    const cwd = newApp()
    const full = openSync('/dev/full', 'w')
    const to = (stdio: StdioOptions, ...args: string[]): SpawnSyncReturns<string> =>
      spawnSync(process.execPath, [MAIN, ...args], { cwd, stdio, encoding: 'utf8' })
    const lost = to(['ignore', full, 'pipe'], 'keys', 'generate')
    expect([lost.status, lost.stderr]).toEqual([
      1,
      expect.stringMatching(/^holdfast: The output could not be written \(ENOSPC\)\. [^\n]*\n$/),
    ])
    expect(JSON.parse(to(['ignore', full, 'pipe'], 'keys', 'generate', '--json').stderr)).toMatchObject({ error: { code: 'ERR_COMMAND' } })
    expect(to(['ignore', 'pipe', full], 'list').status).toBe(2)
    closeSync(full)
  })

  it('a configuration that was compiled to CommonJS is read as it was written', async () => {
    const compiled =
      'Object.defineProperty(exports, "__esModule", { value: true }); exports.default = Promise.resolve({ driver: "memory" })'
    for (const text of [compiled, 'module.exports = { default: "memory" }']) {
      const cwd = newApp({ 'package.json': '{ "type": "commonjs" }', 'session.config.js': text })
      expect(JSON.parse((await holdfast(['stats', '--json'], { cwd })).stdout)).toMatchObject({ driver: 'memory', sessions: 0 })
    }
  })

  it('a configuration that never comes, or whose client fails behind its back, ends the command in one line', async () => {
    const never = newApp({ 'session.config.mjs': 'export default new Promise(() => undefined)' })
    expect(await failing(['list'], never)).toMatchObject({ code: 2, stderr: expect.stringContaining('never comes') })
    const later = "setTimeout(() => { throw new Error('the client of postgres://shop:pass-of-the-mountain@127.0.0.1 is gone') })"
    const wait = 'await new Promise((resolve) => setTimeout(resolve, 60_000))'
    const failed = await failing(['list'], newApp({ 'session.config.mjs': `${later}\n${wait}\nexport default {}` }))
    expect([failed.code, failed.stderr]).toEqual([1, 'holdfast: the client of postgres://127.0.0.1 is gone\n'])
  })

  it('a configuration in CommonJS is read by its ending, in TypeScript too', async () => {
    for (const [name, text] of [
      ['session.config.cjs', "module.exports = { driver: 'memory' }"],
      ['config/session.cts', "const driver: string = 'memory'\nmodule.exports = { driver }"],
    ] as const) {
      const cwd = newApp({ 'package.json': '{ "type": "module" }', [name]: text })
      expect(JSON.parse((await holdfast(['stats', '--json'], { cwd })).stdout)).toMatchObject({ driver: 'memory', sessions: 0 })
    }
  })

  it('a user without an id is nobody', async () => {
    const cwd = newApp(configFile({ driver: 'file' }))
    for (const args of [['list'], ['show', 'x'], ['revoke']])
      expect(await failing([...args, '--user', ''], cwd)).toMatchObject({ code: 2, stderr: expect.stringContaining('the id of a user') })
  })

  it('what is nearly an instant ends nobody', async () => {
    const cwd = newApp(configFile({ driver: 'file' }))
    for (const text of ['5', '05/06/2026', 'in May 5', '2026', '2026-13-01', '2026-02-30', '2026-04-31T12:00Z', ''])
      expect(await failing(['revoke', '--all', '--before', text], cwd)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('such as 2026'),
      })
    for (const text of ['2026-01-31', '2024-02-29T12:00', '2026-01-31T12:00:00.123+01:00'])
      expect(await holdfast(['revoke', '--all', '--before', text], { cwd })).toMatchObject({ code: 0, stderr: '' })
  })

  it('a number that is empty is none, and lists not everything', async () => {
    const cwd = newApp(configFile({ driver: 'file' }))
    for (const limit of ['', ' ', '1e2', '0x10', '-1']) expect(await failing(['list', '--limit', limit], cwd)).toMatchObject({ code: 2 })
  })

  it('seconds that no timer counts are refused', async () => {
    const cwd = newApp(configFile({ driver: 'file' }))
    expect(await failing(['doctor', '--lock-seconds', '2147484'], cwd)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('a whole number up to 2147483'),
    })
  })

  it('a password with an @ in it is not shown either', () => {
    const { message } = failureOf(new Error('no answer from postgres://shop:p@ss-of-the-mountain@127.0.0.1/shop'))
    expect(message).toBe('no answer from postgres://127.0.0.1/shop')
  })
})
