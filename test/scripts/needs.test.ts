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
it.skip('is skipped', () => {})
describeNeeding('chromium', 'a page', () => {
  it('is seen', () => {})
  it('is clicked', () => {})
})`

/** What a run of these tests prints on its last lines. */
function runTests(env: Readonly<Record<string, string>>): string[] {
  const root = makeTree({ 'a.test.ts': TESTS, 'broken.test.ts': `throw new Error('on import')`, 'package.json': '{ "type": "module" }' })
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
})

describe('services', () => {
  const services = (env: Readonly<Record<string, string>>) => {
    const noInstaller = { PATH: '', CHROMIUM: '/nowhere/chromium' }
    return spawnSync(process.execPath, [join(repository, 'scripts/services.ts')], { env: { ...noInstaller, ...env }, encoding: 'utf8' })
  }

  it('let the tests run without what is missing', () => {
    expect(services({})).toMatchObject({ status: 0, stderr: '' })
  })

  it('fail in CI, naming what is missing and how to get it', () => {
    const { status, stderr } = services({ CI: '1' })
    expect(status).toBe(1)
    expect(stderr).toMatch(/^CI skips no test, and these are missing: chromium: apt-get install .*chromium.*\n$/)
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
