import fs from 'node:fs'
import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it, onTestFinished } from 'vitest'
import { hold, newKey, recordWith } from '../../../bench/file/support.ts'
import type { StoreKey } from '../../../src/session/id.ts'
import { DENO_FILES, findRuntime, runProgram, startProgram } from '../../support/runtimes.ts'
import type { RuntimeName } from '../../support/runtimes.ts'
import { newFolder, openDriver } from './support.ts'

const ASK = { token: 'another', leaseMs: 1000 } as const
const root = join(import.meta.dirname, '../../..')

describe('FileDriver under another runtime keeps the driver contract', { timeout: 300_000 }, () => {
  it.each([
    ['bun', 'process'],
    ['bun', 'power'],
    ['deno', 'process'],
    ['deno', 'power'],
  ] as const)('%s, durability %s', async (name, durability) => {
    // Where temporary folders lie stands in the environment.
    const runtime = await findRuntime(name, [...DENO_FILES, '--allow-env'])
    const { stdout } = await runProgram(runtime, join(import.meta.dirname, 'contract-child.ts'), [durability])
    const { tests, failed }: { readonly tests: number; readonly failed: readonly string[] } = JSON.parse(stdout)
    expect(failed).toEqual([])
    expect(tests).toBeGreaterThan(100)
  })
})

describe('a lock on a file', { timeout: 120_000 }, () => {
  for (const name of ['bun', 'deno'] as const) {
    it(`that a ${name} process holds keeps Node out, and is free at once when that process is killed`, async () => {
      const driver = await openDriver()
      const key = newKey()
      await driver.insert(key, recordWith('old'))
      const holder = await holderOn(name, driver.path, key)
      expect((await driver.acquire(key, ASK)).kind).toBe('busy')
      expect((await driver.touch(key, { idleMs: 1000, absoluteMs: undefined })).kind).toBe('busy')
      expect(await driver.read(key)).toMatchObject({ record: { payload: 'old' } })
      await holder.kill()
      expect((await driver.acquire(key, ASK)).kind).toBe('held')
    })

    it(`that Node holds keeps a ${name} process out, until it is given back`, async () => {
      const driver = await openDriver()
      const key = newKey()
      await driver.insert(key, recordWith('old'))
      const { lease } = await hold(driver, key)
      const asking = await askerOn(name, driver.path, key)
      expect(await asking.ask()).toBe('busy')
      await driver.commit(lease, recordWith('new'), { leaseMs: 1 })
      expect(await asking.ask()).toBe('held new')
    })
  }

  it('is the same for Bun and Deno', async () => {
    const { path, insert } = await openDriver().then((driver) => ({ path: driver.path, insert: driver.insert.bind(driver) }))
    const [one, other] = [newKey(), newKey()]
    await insert(one, recordWith('old'))
    await insert(other, recordWith('old'))
    await holderOn('bun', path, one)
    await holderOn('deno', path, other)
    const [deno, bun] = [await askerOn('deno', path, one), await askerOn('bun', path, other)]
    expect([await deno.ask(), await bun.ask()]).toEqual(['busy', 'busy'])
  })
})

describe('the locks of Bun and Deno', { timeout: 120_000 }, () => {
  it('are not those of the addon, which is not even looked for: loading it kills the process', async () => {
    const elsewhere = newFolder()
    await cp(join(root, 'src'), join(elsewhere, 'src'), { recursive: true })
    fs.writeFileSync(join(elsewhere, 'package.json'), '{"type":"module"}')
    const addon = join(elsewhere, 'node_modules/fs-native-extensions')
    await mkdir(addon, { recursive: true })
    fs.writeFileSync(join(addon, 'package.json'), '{"name":"fs-native-extensions","main":"index.js"}')
    fs.writeFileSync(join(addon, 'index.js'), "console.log('LOADED'); process.exit(3)")
    const program = join(elsewhere, 'open.ts')
    fs.writeFileSync(program, `${openedIn(join(newFolder(), 'sessions'))}console.log('opened')\nawait driver.close()\n`)
    for (const name of ['bun', 'deno'] as const) expect((await runProgram(await filesOf(name), program)).stdout).toBe('opened\n')
    // The trap works: Node falls into it.
    await expect(runProgram(await filesOf('node-24'), program)).rejects.toMatchObject({ code: 3, stdout: 'LOADED\n' })
  })

  it('need a permission of Deno: without it open() says so, and one process alone may do without', async () => {
    const path = join(newFolder(), 'sessions')
    const program = join(root, 'test/drivers/file/open-child.ts')
    const withoutLocks = await findRuntime(
      'deno',
      DENO_FILES.filter((permission) => permission !== '--allow-ffi'),
    )
    const refused = runProgram(withoutLocks, program, [path])
    await expect(refused).rejects.toMatchObject({
      stderr: expect.stringMatching(
        /No lock can be had .*Requires ffi access.*run Deno with --allow-ffi.*'singleProcess: true' does without/s,
      ),
    })
    expect((await runProgram(withoutLocks, program, [path, 'alone'])).stdout).toBe('none\n')
    expect((await runProgram(await filesOf('deno'), program, [join(newFolder(), 'sessions')])).stdout).toMatch(/^(ofd|flock)\n$/)
  })
})

function filesOf(name: RuntimeName) {
  return findRuntime(name, DENO_FILES)
}

function openedIn(path: string): string {
  return `import { FileDriver } from './src/drivers/file/file-driver.ts'
    const driver = new FileDriver({ path: ${JSON.stringify(path)} })
    await driver.open()\n`
}

async function start(name: RuntimeName, script: string, args: readonly string[]) {
  const child = startProgram(await filesOf(name), join(import.meta.dirname, script), args)
  onTestFinished(() => void child.kill('SIGKILL'))
  child.stderr.pipe(process.stderr)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return { child, next: async (): Promise<string> => String((await lines.next()).value) }
}

async function holderOn(name: RuntimeName, path: string, key: StoreKey) {
  const { child, next } = await start(name, 'holder-child.ts', [path, key])
  expect(await next()).toBe('held')
  return {
    kill: (): Promise<void> =>
      new Promise((ended) => {
        child.once('exit', () => ended())
        child.kill('SIGKILL')
      }),
  }
}

async function askerOn(name: RuntimeName, path: string, key: StoreKey) {
  const { child, next } = await start(name, 'asker-child.ts', [path, key])
  return {
    ask: (): Promise<string> => {
      child.stdin.write('ask\n')
      return next()
    },
  }
}
