import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadSessionConfig } from '../../src/config/index.ts'
import { GOOD_KEY, application, load, loadJson, saidBy } from './support.ts'

describe('loadSessionConfig', () => {
  it('gives the defaults where there is no file and no variable', async () => {
    const cwd = application()
    expect(await loadSessionConfig({ cwd, env: {} })).toEqual({
      file: undefined,
      config: { driver: 'file', file: { path: join(cwd, 'var/sessions') } },
      session: { enabled: true, except: [] },
    })
  })

  it.each([
    ['session.config.ts', "const name: string = 'n'\nexport default { cookie: { name } }"],
    ['session.config.mts', "const name: string = 'n'\nexport default { cookie: { name } }"],
    ['session.config.js', "export default { cookie: { name: 'n' } }"],
    ['session.config.mjs', "export default Promise.resolve({ cookie: { name: 'n' } })"],
    ['session.config.cjs', "module.exports = { cookie: { name: 'n' } }"],
    ['session.config.json', '{ "cookie": { "name": "n" } }'],
    ['config/session.ts', "const name: string = 'n'\nexport default { session: { cookie: { name } } }"],
    ['config/session.mts', "const name: string = 'n'\nexport default { cookie: { name } }"],
    ['config/session.js', "export default { cookie_name: 'n' }"],
    ['config/session.mjs', "export default { cookie: { name: 'n' } }"],
    ['config/session.json', '{ "session": { "cookie_name": "n" } }'],
    ['config/session.mlc', 'session {\n  cookie_name = n\n}'],
    ['session.config.mlc', 'cookie_name = n'],
  ])('finds and reads %s', async (path, text) => {
    const cwd = application({ 'package.json': '{ "type": "module" }', [path]: text })
    const { file, config } = await loadSessionConfig({ cwd, env: {} })
    expect(file).toBe(join(cwd, path))
    expect(config.cookie?.name).toBe('n')
  })

  it('reads the file that is named, and no other', async () => {
    const cwd = application({ 'session.config.json': '{ "cookie": { "name": "a" } }', 'other/b.json': '{ "cookie": { "name": "b" } }' })
    const { file, config } = await loadSessionConfig({ cwd, env: {}, file: 'other/b.json' })
    expect([file, config.cookie?.name]).toEqual([join(cwd, 'other/b.json'), 'b'])
  })

  it('refuses a named file that is not there, and one that it cannot read', async () => {
    const cwd = application({ 'config/session.php': '<?php return [];', 'session.yaml': '', 'config/session.mlc': 'a {' })
    expect(await saidBy(() => loadSessionConfig({ cwd, env: {}, file: 'no.json' }))).toContain('there is no file no.json')
    expect(await saidBy(() => loadSessionConfig({ cwd, env: {}, file: 'config/session.php' }))).toContain(
      'config/session.php is a PHP program, which is not run. Say what it says in session.config.ts',
    )
    expect(await saidBy(() => loadSessionConfig({ cwd, env: {}, file: 'session.yaml' }))).toContain('session.yaml must end in one of .ts,')
  })

  it('refuses to choose between two files', async () => {
    const message = await saidBy(() => load({ 'session.config.json': '{}', 'config/session.mlc': '' }))
    expect(message).toContain('there are session.config.json and config/session.mlc. Keep one')
  })

  it('says of a program that fails, or gives no configuration, which one it is', async () => {
    const files = { 'package.json': '{ "type": "module" }' }
    expect(await saidBy(() => load({ ...files, 'session.config.mjs': "throw new Error('no luck')" }))).toContain(
      'session.config.mjs cannot be run: no luck',
    )
    for (const text of ['export const config = {}', 'export default 5', 'export default undefined']) {
      expect(await saidBy(() => load({ ...files, 'session.config.mjs': text }))).toContain('session.config.mjs must have a default export')
    }
  })

  it('says it of a promise that a program exports and breaks', async () => {
    expect(await saidBy(() => load({ 'session.config.mjs': "export default Promise.reject(new Error('no luck'))" }))).toContain(
      'session.config.mjs cannot be run: no luck',
    )
  })

  it('does not go on without a file that is there and cannot be reached: it may say that sessions are to be sealed', async () => {
    const cwd = application()
    symlinkSync(join(cwd, 'gone.json'), join(cwd, 'session.config.json'))
    expect(await saidBy(() => loadSessionConfig({ cwd, env: {} }))).toContain('session.config.json cannot be read')
    const turning = application()
    symlinkSync('config', join(turning, 'config'))
    expect(await saidBy(() => loadSessionConfig({ cwd: turning, env: {} }))).toContain('config/session.ts cannot be read')
    const mounted = application()
    mkdirSync(join(mounted, 'session.config.ts'))
    expect(await saidBy(() => loadSessionConfig({ cwd: mounted, env: {} }))).toContain('session.config.ts is a folder')
  })

  it('says of a JSON file that is none where to look, and shows nothing of it', async () => {
    const message = await saidBy(() => load({ 'session.config.json': `{\n "keys": { "v1": "${GOOD_KEY}" \n "encrypt": true }` }))
    expect(message).toContain('session.config.json is no valid JSON: look at position 68 (line 3 column 2).')
    expect(message).not.toContain(GOOD_KEY.slice(0, 8))
  })

  it('takes a key // in JSON for a comment, at any depth', async () => {
    const { config } = await loadJson({ '//': 'one', cookie: { '//': ['two', 'three'], name: 'n' } })
    expect(config.cookie).toEqual({ name: 'n' })
  })

  it('refuses files of more than 65,536 bytes, of no UTF-8, and JSON nested more than 16 levels deep', async () => {
    expect(await saidBy(() => load({ 'session.config.json': `{}${' '.repeat(65_536)}` }))).toContain(
      'has 65538 bytes; at most 65536 are read',
    )
    const cwd = application({ 'session.config.json': '' })
    writeFileSync(join(cwd, 'session.config.json'), Uint8Array.of(0x7b, 0xff, 0x7d))
    expect(await saidBy(() => loadSessionConfig({ cwd, env: {} }))).toContain('session.config.json is not UTF-8')
    expect(await saidBy(() => load({ 'session.config.json': `${'['.repeat(20)}${']'.repeat(20)}` }))).toContain('deeper than 16 levels')
    expect(await saidBy(() => load({ 'session.config.json': `${'['.repeat(30_000)}${']'.repeat(30_000)}` }))).toMatch(
      /deeper than 16|no valid JSON/,
    )
  })

  it('names the file in what it says against its content, and the line of an MLC file', async () => {
    expect(await saidBy(() => load({ 'config/session.json': '{ "cookie": { "secur": true } }' }))).toBe(
      "config/session.json: Option 'cookie.secur': is not known. Did you mean 'secure'? Known are: name, lifetimeSeconds, lifetime, path, domain, " +
        'secure, httpOnly, httponly, sameSite, same_site, samesite, prefix, partitioned, priority.',
    )
    expect(await saidBy(() => load({ 'config/session.mlc': 'session {\n  cookie {\n    secure = maybe\n  }\n}' }))).toBe(
      'config/session.mlc: Option \'cookie.secure\': must be one of true, false, "auto", not "maybe". It stands in line 3.',
    )
  })

  it('lets relative paths begin in the application’s folder', async () => {
    const cwd = application({ 'config/session.mlc': "drivers {\n file {\n path => base_path('a/b')\n }\n}" })
    mkdirSync(join(cwd, 'a'))
    expect((await loadSessionConfig({ cwd, env: {} })).config.file?.path).toBe(join(cwd, 'a/b'))
    expect((await loadSessionConfig({ cwd, env: { SESSION_FILE_PATH: 'c' } })).config.file?.path).toBe(join(cwd, 'c'))
    expect((await loadSessionConfig({ cwd, env: { SESSION_FILE_PATH: '/srv/s' } })).config.file?.path).toBe('/srv/s')
    for (const [url, absolute] of [
      ['sqlite:x.db', `sqlite:${join(cwd, 'x.db')}`],
      ['sqlite://x.db', `sqlite://${join(cwd, 'x.db')}`],
      ['sqlite:///srv/x.db', 'sqlite:///srv/x.db'],
      ['sqlite::memory:', 'sqlite::memory:'],
      ['postgres://host/db', 'postgres://host/db'],
    ] as const) {
      expect((await loadSessionConfig({ cwd, env: { DATABASE_URL: url } })).config.database?.url).toBe(absolute)
      const named = application({ 'session.config.json': JSON.stringify({ connections: { main: url } }) })
      expect((await loadSessionConfig({ cwd: named, env: {} })).config.connections).toEqual({ main: absolute.replace(cwd, named) })
    }
  })

  it('gives what the adapters take apart from the manager’s', async () => {
    const { session } = await loadJson({ enabled: false, except: ['/health'], trustProxy: 1, saveOnError: true })
    expect(session).toEqual({ enabled: false, except: ['/health'], trustProxy: 1, saveOnError: true })
  })

  it('checks what belongs together: cookie rules, lifetimes, proxies, excepted paths, tables, proxies', async () => {
    const wrong: [object, string][] = [
      [
        { cookie: { sameSite: 'none', secure: false } },
        "Option 'cookie.sameSite': is 'None', which browsers take with 'secure: true' only",
      ],
      [{ cookie: { name: 'a b' } }, "Option 'cookie.name': must be letters"],
      [{ cookie: { domain: 'http://a' } }, "Option 'cookie.domain': must be a domain"],
      [{ lifetime: { idleSeconds: 100, touchEverySeconds: 50 } }, "Option 'lifetime.touchEverySeconds': 50 is more than a tenth"],
      [{ lifetime: { preset: 'aal3', idleSeconds: 7200 } }, "Option 'lifetime.idleSeconds': may be 900 at most"],
      [{ except: ['health'] }, "Option 'except.0': is \"health\": a path must begin with '/'"],
      [{ except: '/health' }, "Option 'except': must be an array of texts"],
      [{ trustProxy: true }, "Option 'trustProxy': must be false, a number of proxies"],
      [{ database: { table: 'a-b' } }, "Option 'database.table': must be a name such as 'sessions'"],
      [{ maxPerUser: { whenReached: 'refuse' } }, "Option 'maxPerUser.sessions': must be a whole number from 1 to 100000"],
    ]
    for (const [config, message] of wrong) expect(await saidBy(() => loadJson(config)), message).toContain(message)
  })

  it('refuses options of its own that it does not know or cannot use', async () => {
    expect(await saidBy(() => Reflect.apply(loadSessionConfig, undefined, [{ path: 'x' }]))).toContain("Option 'path': is not known.")
    for (const [options, message] of [
      [{ cwd: 5 }, "Option 'cwd': must be a path as a text, and not empty; not 5."],
      [{ file: new URL('file:///srv/session.config.ts') }, "Option 'file': must be a path as a text"],
      [{ file: '' }, "Option 'file': must be a path as a text"],
      [{ env: null }, "Option 'env': must be an object of variables, such as process.env, not null."],
    ] as const)
      expect(await saidBy(() => Reflect.apply(loadSessionConfig, undefined, [options]))).toContain(message)
  })
})
