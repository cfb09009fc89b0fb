import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { describe, expect, it, onTestFinished } from 'vitest'
import { newKey, recordWith } from '../../../bench/file/support.ts'
import type { FileDriver } from '../../../src/drivers/file/file-driver.ts'
import { asStoreKey } from '../../../src/session/id.ts'
import { below, newFolder } from './support.ts'

/** What of this runtime the driver uses: such a context has none of it by itself. */
const GIVEN =
  'AbortController AbortSignal Buffer TextDecoder TextEncoder URL crypto performance clearTimeout setTimeout setImmediate'.split(' ')
const root = join(import.meta.dirname, '../../..')

describe('FileDriver in a context with an Error of its own, as Jest makes one for each test file', () => {
  it('opens a new folder, and knows a session that is not there from one that is', async () => {
    const driver = await driverIn(newFolder())
    const [one, other] = [newKey(), newKey()]
    expect(await driver.insert(one, recordWith('stored'))).not.toBe(false)
    expect(await driver.read(one)).toMatchObject({ record: { payload: 'stored' } })
    expect(await driver.read(other)).toBeUndefined()
  })

  it('keeps an id that names a file out of what the system said', async () => {
    const path = newFolder()
    const driver = await driverIn(path)
    const id = asStoreKey('0123456789abcdef0123456789abcdef01234567')
    if (id === undefined) throw new Error('that is a key')
    await driver.insert(id, recordWith('stored'))
    const file = below(path).find((name) => name.includes(id))
    if (file === undefined) throw new Error(`no file is named after the id: ${readdirSync(path).join(', ')}`)
    rmSync(join(path, file))
    mkdirSync(join(path, file))
    const error: unknown = await driver.acquire(id, { token: 'mine', leaseMs: 1000 }).catch((reason: unknown) => reason)
    expect(inspect(error)).toContain('[id]')
    expect(inspect(error)).not.toContain(id)
  })
})

async function driverIn(path: string): Promise<FileDriver> {
  const contents = `export { FileDriver } from './src/drivers/file/file-driver.ts'`
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    write: false,
    logLevel: 'silent',
  })
  const module: { exports: { FileDriver?: typeof FileDriver } } = { exports: {} }
  const context = createContext({
    ...Object.fromEntries(GIVEN.map((name) => [name, Reflect.get(globalThis, name)])),
    process,
    module,
    require: createRequire(import.meta.url),
    __filename: import.meta.filename,
  })
  runInContext(outputFiles[0]?.text ?? '', context)
  const { FileDriver: Driver } = module.exports
  if (Driver === undefined) throw new Error('the bundle has no driver')
  const driver = new Driver({ path })
  await driver.open()
  onTestFinished(() => driver.close())
  return driver
}
