import { spawnSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { repository } from '../../scripts/support/check.ts'
import { makeTree } from '../support/tree.ts'
import { runUnprivileged } from '../support/unprivileged.ts'

// The text of a file that is run by the tests below: it has one test of each outcome, a skipped one too, for the reporter to count.
const TESTS = `import { expect, it } from 'vitest'
import { describeNeeding } from '${join(repository, 'test/support/needs.ts')}'
it('passes', () => {})
it('fails', () => expect(1).toBe(2))
it.skip('is skipped', () => {}) // The reason: what is tested is the reporter, which must count a skipped test as one.
describeNeeding('chromium', 'a page', () => {
  it('is seen', () => {})
  it('is clicked', () => {})
})`

const ALL_OUTCOMES = { 'a.test.ts': TESTS, 'broken.test.ts': `throw new Error('on import')` }

const testNeeding = (need: string): string => `import { it } from 'vitest'
import { describeNeeding } from '${join(repository, 'test/support/needs.ts')}'
describeNeeding('${need}', 'what needs it', () => it('is there', () => {}))`

/** What a run of these tests prints on its last lines. */
function runTests(env: Readonly<Record<string, string>>, files: Readonly<Record<string, string>> = ALL_OUTCOMES): string[] {
  const root = makeTree({ ...files, 'package.json': '{ "type": "module" }' })
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'), 'junction')
  const reporter = join(repository, 'scripts/ci-reporter.ts')
  const args = [join(repository, 'node_modules/vitest/vitest.mjs'), 'run', '--root', root, `--reporter=${reporter}`]
  return spawnSync(process.execPath, args, { cwd: root, env: { ...process.env, ...env }, encoding: 'utf8' })
    .stdout.trimEnd()
    .split('\n')
}

describe('a test run', () => {
  it('ends with a line that counts, a file that cannot be loaded too', () => {
    expect(runTests({ CHROMIUM: process.execPath }).at(-1)).toBe('3 passed, 2 failed, 1 skipped')
  })

  it('lists in one line what it skipped for want of something, and how to get it', () => {
    expect(runTests({ CHROMIUM: '/nowhere/chromium', CI: '' }).slice(-2)).toEqual([
      'Skipped: a.test.ts for want of chromium: apt-get install --no-install-recommends chromium (or set CHROMIUM)',
      '1 passed, 2 failed, 3 skipped',
    ])
  })

  it('skips nothing in CI: what is missing fails', () => {
    expect(runTests({ CHROMIUM: '/nowhere/chromium', CI: '1' }).at(-1)).toBe('1 passed, 3 failed, 1 skipped')
  })

  it('lists each thing that was missing, with what needed it', () => {
    const env = { CHROMIUM: process.execPath, REDIS_SERVER: '/nowhere/redis-server', HOLDFAST_TEST_REDIS: '', CI: '' }
    const lines = runTests(env, {
      'own.test.ts': testNeeding('redis-server'),
      'any.test.ts': testNeeding('redis'),
    })
    expect(lines.at(-1)).toBe('0 passed, 0 failed, 2 skipped')
    const install = 'apt-get install --no-install-recommends redis-server'
    expect(lines.at(-2)).toContain(`own.test.ts for want of redis-server: ${install} (or set REDIS_SERVER)`)
    expect(lines.at(-2)).toContain(`any.test.ts for want of redis: ${install} (or set HOLDFAST_TEST_REDIS)`)
  })

  it('on a Redis that is named needs no program, except where it must be one of its own', () => {
    const env = { REDIS_SERVER: '/nowhere/redis-server', HOLDFAST_TEST_REDIS: 'redis://redis.example', CI: '' }
    const lines = runTests(env, { 'own.test.ts': testNeeding('redis-server'), 'any.test.ts': testNeeding('redis') })
    expect(lines.at(-1)).toBe('1 passed, 0 failed, 1 skipped')
  })
})

/** A folder with what PostgreSQL's is known by. */
const programs = () => {
  const folder = makeTree({})
  symlinkSync(process.execPath, join(folder, 'initdb'))
  return folder
}

const services = (env: Readonly<Record<string, string>>) => {
  const servers = { REDIS_SERVER: process.execPath, POSTGRES_BIN: programs(), MARIADBD: process.execPath, PGBOUNCER: process.execPath }
  const shells = { ZSH_PROGRAM: process.execPath, FISH_PROGRAM: process.execPath }
  const noInstaller = { NODE_ENV: 'test' as const, PATH: '', CHROMIUM: '/nowhere/chromium', ...servers, ...shells }
  return spawnSync(process.execPath, [join(repository, 'scripts/services.ts')], { env: { ...noInstaller, ...env }, encoding: 'utf8' })
}

describe('services', () => {
  it('let the tests run without what is missing', () => {
    expect(services({})).toMatchObject({ status: 0, stderr: '' })
  })

  it('fail in CI, naming what is missing and how to get it', () => {
    const { status, stderr } = services({ CI: '1' })
    expect(status).toBe(1)
    expect(stderr).toMatch(/^CI skips no test, and these are missing: chromium: apt-get install .*chromium[^;]*\n$/)
  })

  it('name each thing that is missing', () => {
    const { status, stderr } = services({ CI: '1', CHROMIUM: process.execPath, REDIS_SERVER: '/nowhere/redis-server' })
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /missing: redis-server: apt-get install [^;]*REDIS_SERVER\); redis: apt-get install [^;]*HOLDFAST_TEST_REDIS\)\n$/,
    )
  })

  it('are content with a Redis that is named, and with the program that can be one', () => {
    const env = { CI: '1', CHROMIUM: process.execPath }
    expect(services({ ...env, REDIS_SERVER: process.execPath })).toMatchObject({ status: 0, stderr: '' })
    const { stderr } = services({ ...env, REDIS_SERVER: '/nowhere/redis-server', HOLDFAST_TEST_REDIS: 'redis://redis.example' })
    expect(stderr).toMatch(/missing: redis-server: [^;]*\n$/)
  })
})

describe('services of databases', () => {
  it('name each that is missing, the server and whichever will do', () => {
    const { stderr } = services({ CI: '1', CHROMIUM: process.execPath, POSTGRES_BIN: '/nowhere', MARIADBD: '/nowhere/mariadbd' })
    expect(stderr).toMatch(
      /missing: postgres-server: [^;]*postgresql-15 \(or set POSTGRES_BIN\); postgres: [^;]*HOLDFAST_TEST_POSTGRES\); mariadb-server: [^;]*mariadb-server \(or set MARIADBD\); mariadb: [^;]*HOLDFAST_TEST_MARIADB\)\n$/,
    )
    expect(services({ CI: '1', CHROMIUM: process.execPath, PGBOUNCER: '/nowhere/pgbouncer' }).stderr).toMatch(
      /missing: pgbouncer: [^;]*\n$/,
    )
  })

  it('are content with databases that are named where any will do', () => {
    const missing = { CI: '1', CHROMIUM: process.execPath, POSTGRES_BIN: '/nowhere', MARIADBD: '/nowhere/mariadbd' }
    const { stderr } = services({ ...missing, HOLDFAST_TEST_POSTGRES: 'postgres://a.example', HOLDFAST_TEST_MARIADB: 'mysql://b.example' })
    expect(stderr).toMatch(/missing: postgres-server: [^;]*; mariadb-server: [^;]*\n$/)
  })
})

describe('runUnprivileged', () => {
  const module = (run: string) =>
    pathToFileURL(
      join(
        makeTree({
          'm.ts': `import { chmodSync, readFileSync, writeFileSync } from 'node:fs'\n${run}`,
          'package.json': '{ "type": "module" }',
        }),
        'm.ts',
      ),
    )

  it('is bound by file permissions, also when the tests run as root', async () => {
    const url = module(`export const prepare = (file: string) => { writeFileSync(file, 'secret'); chmodSync(file, 0o000) }
export const run = (file: string) => { try { return readFileSync(file, 'utf8') } catch (error) { return error.code } }`)
    expect(await runUnprivileged(url, join(makeTree({}), 'secret'))).toBe('EACCES')
  })

  it('gives what run gave, and fails when it throws', async () => {
    expect(
      await runUnprivileged(module(`export const run = async (...args: string[]) => { console.log('noise'); return { args } }`), 'a', 'b'),
    ).toEqual({
      args: ['a', 'b'],
    })
    await expect(runUnprivileged(module(`export const run = () => { throw new Error('as it should') }`))).rejects.toThrow('as it should')
  })
})
