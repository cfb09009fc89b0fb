import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository } from '../../scripts/support/check.ts'
import { makeTree } from '../support/tree.ts'

type Packages = Readonly<Record<string, object>>
const installed: Packages = { 'node_modules/node': { version: '24.0.0' }, 'node_modules/tool': { version: '2.0.0', dev: true } }
const locked: Packages = { '': { version: '1.0.0' }, 'node_modules/addon': { version: '1.0.0', optional: true }, ...installed }

/** An npm that installs Node. */
const NPM = `import { mkdirSync } from 'node:fs'
mkdirSync('node_modules/node/bin', { recursive: true })
console.error('some notice')`

interface Situation {
  readonly packages?: Packages | undefined
  readonly withNode?: boolean
  readonly npm?: string
  readonly before?: string
  /** What the lock of another set-up says. */
  readonly lock?: string
  readonly isVarFile?: boolean
}

function tree({ packages, withNode = true, npm = NPM, lock, isVarFile = false }: Situation): string {
  return makeTree({
    'scripts/setup.mjs': readFileSync(join(repository, 'scripts/setup.mjs'), 'utf8'),
    'package-lock.json': JSON.stringify({ packages: locked }),
    'npm.mjs': npm,
    ...(packages && { 'node_modules/.package-lock.json': JSON.stringify({ packages }) }),
    ...(packages && withNode && { 'node_modules/node/bin/node': '' }),
    ...(lock !== undefined && { 'var/setup.lock': lock }),
    ...(isVarFile && { var: '' }),
  })
}

function environment(root: string): NodeJS.ProcessEnv {
  return { ...process.env, npm_execpath: join(root, 'npm.mjs'), NODE_ENV: 'production' }
}

function setup(situation: Situation) {
  const root = tree(situation)
  const { before = '' } = situation
  const env = environment(root)
  const args = ['--import', `data:text/javascript,${encodeURIComponent(before)}`, join(root, 'scripts/setup.mjs')]
  return spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' })
}

/** An npm that notes that it began, and takes its time. */
const SLOW = `${NPM}
import { appendFileSync, writeFileSync } from 'node:fs'
appendFileSync('installs.txt', '.')
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
writeFileSync('node_modules/.package-lock.json', ${JSON.stringify(JSON.stringify({ packages: installed }))})`

function begun(root: string) {
  return spawn(process.execPath, [join(root, 'scripts/setup.mjs')], {
    cwd: root,
    env: environment(root),
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

/** What it said, and its exit code. */
async function endOf(child: ReturnType<typeof begun>): Promise<string> {
  const [text, [code]] = await Promise.all([child.stdout.setEncoding('utf8').toArray(), once(child, 'exit')])
  return `${text.join('')}${code}`
}

const FAILING = (code: string) => `console.error('npm error code ${code}\\nnpm error lots more'); process.exitCode = 1`

describe('setup', () => {
  it('does nothing when everything is there, an optional package excepted', () => {
    expect(setup({ packages: installed })).toMatchObject({ status: 0, stdout: '', stderr: '' })
  })

  it.each<[string, Situation]>([
    ['nothing was installed', {}],
    ['a package is missing', { packages: { 'node_modules/node': { version: '24.0.0' } } }],
    ['a package has another version', { packages: { ...installed, 'node_modules/tool': { version: '1.9.0' } } }],
    ['an optional package has another version', { packages: { ...installed, 'node_modules/addon': { version: '0.9.0' } } }],
    ['Node itself is missing', { packages: installed, withNode: false }],
  ])('installs when %s, tools included whatever NODE_ENV says', (_case, situation) => {
    const asked = `if (!process.argv.includes('ci') || !process.argv.includes('--include=dev')) process.exit(3);`
    const { status, stdout } = setup({ ...situation, npm: `${NPM}\n${asked}` })
    expect(status).toBe(0)
    expect(stdout).toMatch(/^Installing dependencies .*\n$/)
  })

  it('installs once when two are begun at once', async () => {
    const root = tree({ npm: SLOW })
    const said = await Promise.all([endOf(begun(root)), endOf(begun(root))])
    expect(said.toSorted()).toEqual([
      expect.stringMatching(/^Installing dependencies .*\n0$/),
      expect.stringMatching(/^Waiting for another set-up in this folder .*\n0$/),
    ])
    expect(readFileSync(join(root, 'installs.txt'), 'utf8')).toBe('.')
    expect(existsSync(join(root, 'var/setup.lock'))).toBe(false)
  })

  it('waits for the npm of one that was stopped', async () => {
    const root = tree({ npm: SLOW })
    const stopped = begun(root)
    await expect.poll(() => existsSync(join(root, 'installs.txt'))).toBe(true)
    stopped.kill('SIGKILL')
    expect(await endOf(begun(root))).toMatch(/^Waiting for another set-up in this folder .*\n0$/)
    expect(readFileSync(join(root, 'installs.txt'), 'utf8')).toBe('.')
  })

  it('does not wait for one of which nothing runs, nor where there can be no lock', () => {
    const stopped = spawnSync(process.execPath, ['-e', '']).pid
    for (const situation of [{ lock: String(stopped) }, { isVarFile: true }])
      expect(setup(situation)).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Installing [^\n]*\n$/) })
  })

  it.each<[string, Situation, RegExp]>([
    ['npm fails', { npm: FAILING('ERESOLVE') }, /^Could not install the dependencies \(npm ci: ERESOLVE\)\. Run "npm ci --include=dev"/],
    ['the network fails', { npm: FAILING('EAI_AGAIN') }, /^Could not install .*EAI_AGAIN.* The package registry could not be reached/],
    ['npm runs no install script', { npm: '' }, /^npm did not run the install script of the package "node".*npm rebuild node/],
    ['npm is missing', { before: `delete process.env.npm_execpath; process.env.PATH = ''` }, /^npm was not found: install it/],
    [
      'Node is too old',
      { before: `Object.defineProperty(process, 'versions', { value: { node: '18.20.1' } })` },
      /^Holdfast needs Node 20 or later .*this is 18\.20\.1/,
    ],
  ])('says so in one line when %s', (_case, situation, line) => {
    const { status, stderr } = setup(situation)
    expect(status).toBe(1)
    expect(stderr).toMatch(line)
    expect(stderr.trimEnd()).not.toContain('\n')
  })
})
