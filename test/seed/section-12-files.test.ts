import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository } from '../../scripts/support/check.ts'
import { loadSessionConfig } from '../../src/config/index.ts'
import { parseMlc } from '../../src/config/mlc.ts'
import { application, load, loadJson, saidBy, vectorText } from '../config/support.ts'

type Variables = Readonly<Record<string, string>>

/** What `config/session.php` gave in an environment. */
interface PhpCase {
  readonly env: Variables
  readonly config: {
    readonly default: 'file' | 'redis'
    readonly drivers: {
      readonly file: { readonly path: string; readonly lifetime: number }
      readonly database: { readonly table: string; readonly lifetime: number }
      readonly redis: { readonly connection: string; readonly lifetime: number }
    }
    readonly cookie_name: string
    readonly cookie_lifetime: number
    readonly cookie_path: string
    readonly cookie_domain: string
    readonly cookie_secure: boolean
    readonly cookie_httponly: boolean
    readonly cookie_samesite: string
    readonly encrypt: boolean
    readonly keys: { readonly main_key: string | null }
  }
}

/** What MLC's own parser gave of the skeleton's file. */
interface MlcCase {
  readonly env: Variables
  readonly result: {
    readonly session: Readonly<Record<'driver' | 'lifetime' | 'encrypt' | 'database' | 'redis', unknown>> & {
      readonly cookie: Readonly<Record<string, unknown>>
    }
  }
}

const README = vectorText('readme.mlc')
const { phpConfig, mlc }: { readonly phpConfig: readonly PhpCase[]; readonly mlc: readonly MlcCase[] } = JSON.parse(
  vectorText('config.json'),
)

/** What `config/session.php` says, under our names; `<base>` is the folder. */
function underOurNames({ config }: PhpCase, cwd: string): object {
  const { default: driver, drivers, encrypt, keys, cookie_domain: domain } = config
  return {
    driver,
    file: { path: drivers.file.path.replace('<base>', cwd) },
    database: { table: drivers.database.table },
    redis: { connection: drivers.redis.connection },
    lifetime: { idleSeconds: drivers[driver].lifetime },
    cookie: {
      name: config.cookie_name,
      lifetimeSeconds: config.cookie_lifetime,
      path: config.cookie_path,
      ...(domain === '' ? {} : { domain }),
      secure: config.cookie_secure,
      httpOnly: config.cookie_httponly,
      sameSite: config.cookie_samesite,
    },
    encrypt,
    ...(keys.main_key === null ? {} : { keys }),
  }
}

/** Where PHP and Holdfast differ, and why: `error` is a part of what is said, `same` the variables that it is read as. */
const DIFFERENT: Readonly<Record<string, { readonly error: string } | { readonly same: Variables }>> = {
  // An empty variable counts as not set; PHP takes it for '', 0 or false.
  'SESSION_DRIVER=': { same: {} },
  'SESSION_COOKIE_LIFETIME=': { same: {} },
  'SESSION_LIFETIME=': { same: {} },
  'SESSION_COOKIE_SECURE=': { same: {} },
  'SESSION_ENCRYPT=': { same: {} },
  'APP_KEY=': { same: {} },
  // PHP makes a number of anything, and a truth of any text but '' and '0'.
  'SESSION_COOKIE_LIFETIME=abc': { error: 'SESSION_COOKIE_LIFETIME' },
  'SESSION_COOKIE_LIFETIME=1e3': { error: 'SESSION_COOKIE_LIFETIME' },
  'SESSION_COOKIE_LIFETIME=12abc': { error: 'SESSION_COOKIE_LIFETIME' },
  'SESSION_COOKIE_LIFETIME=-5': { error: 'SESSION_COOKIE_LIFETIME' },
  'SESSION_LIFETIME=0': { error: 'SESSION_LIFETIME' },
  'SESSION_LIFETIME=abc': { error: 'SESSION_LIFETIME' },
  'SESSION_LIFETIME=1e3': { error: 'SESSION_LIFETIME' },
  'SESSION_COOKIE_SECURE=false': { same: { SESSION_COOKIE_SECURE: '0' } },
  'SESSION_COOKIE_SECURE=off': { same: { SESSION_COOKIE_SECURE: '0' } },
  'SESSION_COOKIE_SECURE=no': { same: { SESSION_COOKIE_SECURE: '0' } },
  'SESSION_COOKIE_HTTPONLY=false': { same: { SESSION_COOKIE_HTTPONLY: '0' } },
  'SESSION_ENCRYPT=false': { same: {} },
  'SESSION_ENCRYPT=off': { same: {} },
  // There encryption is switched on, and nothing is sealed. Here it needs a key.
  'SESSION_ENCRYPT=true': { error: 'keys.main_key' },
  'SESSION_ENCRYPT=1': { error: 'keys.main_key' },
}

describe('the files of the configuration', () => {
  it('S-339: the README’s MLC file, character for character, says what config/session.php says, in each environment', async () => {
    expect(phpConfig).toHaveLength(41)
    for (const one of phpConfig) {
      const [[name, value] = []] = Object.entries<string>(one.env)
      const different = name === undefined ? undefined : DIFFERENT[`${name}=${value}`]
      const cwd = application({ 'config/session.mlc': README })
      if (different !== undefined && 'error' in different) {
        expect(await saidBy(() => loadSessionConfig({ cwd, env: one.env }))).toContain(different.error)
        continue
      }
      const like = phpConfig.find(({ env }) => isSame(env, different?.same ?? one.env))
      if (like === undefined) throw new Error('no such case')
      expect((await loadSessionConfig({ cwd, env: one.env })).config, JSON.stringify(one.env)).toEqual(underOurNames(like, cwd))
    }
  })

  it('S-339: real MLC is read as its own parser reads it, and the rest of MLC is refused with line and column', async () => {
    const [, , ...skeleton] = mlc
    for (const { env, result } of skeleton) {
      const { config } = await load({ 'config/session.mlc': vectorText('skeleton.mlc') }, env)
      const { driver, lifetime, encrypt, database, redis, cookie } = result.session
      expect(config).toMatchObject({ driver, encrypt, database, redis, lifetime: { idleSeconds: lifetime } })
      expect(config.cookie).toEqual({
        name: cookie['name'],
        lifetimeSeconds: cookie['lifetime'],
        path: cookie['path'],
        secure: cookie['secure'],
        httpOnly: cookie['httponly'],
        sameSite: cookie['same_site'],
        ...(cookie['domain'] === '' ? {} : { domain: cookie['domain'] }),
      })
    }
    expect(await saidBy(() => load({ 'config/session.mlc': 'session {\n    @include "other.mlc"\n}' }))).toBe(
      "Option 'file': config/session.mlc, line 2, column 5: include is not supported: put what the other file says into this one.",
    )
    const options = { name: 'x', env: {}, basePath: String }
    for (const text of ['a = {"b": 1}', 'a = "${B}c"', 'a = ${b.c}', 'a = [[]]'])
      expect(() => parseMlc(text, options)).toThrow(/line 1, column \d+/)
  })

  it('S-340: a PHP file is not run; the guide maps each of its keys; what it says may stand flat or below session', async () => {
    const cwd = application({ 'config/session.php': "<?php return ['session' => []];" })
    expect((await loadSessionConfig({ cwd, env: {} })).file).toBeUndefined()
    expect(await saidBy(() => loadSessionConfig({ cwd, env: {}, file: 'config/session.php' }))).toContain(
      'is a PHP program, which is not run',
    )
    const content: unknown = JSON.parse(JSON.stringify(phpConfig[0]?.config).replaceAll('<base>/', ''))
    expect((await loadJson({ session: content })).config).toMatchObject({
      driver: 'file',
      cookie: { name: 'ml_session' },
      lifetime: { idleSeconds: 7200 },
    })
    expect({ ...(await loadJson(content)).config, file: undefined }).toEqual({
      ...(await loadJson({ session: content })).config,
      file: undefined,
    })
    const guide = readFileSync(join(repository, 'docs/configuration.md'), 'utf8')
    for (const key of leavesOf(content)) expect(guide).toContain(`\`${key}\``)
  })
})

function isSame(one: Variables, other: Variables): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function leavesOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([key, part]) => leavesOf(part, path === '' ? key : `${path}.${key}`))
}
