import { execFile } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { findRuntime, runProgram } from '../../support/runtimes.ts'
import { webpacked } from '../../support/webpack.ts'
import { newFolder } from './support.ts'

const root = join(import.meta.dirname, '../../..')

describe('FileDriver in a bundle', { timeout: 120_000 }, () => {
  it('that is CommonJS finds the lock that is installed beside the bundle', async () => {
    const { application, program } = folders()
    await bundled(program, join(application, 'bundle.cjs'), 'cjs')
    expect(await ranFrom(application)).toMatch(/^(ofd|flock)\n$/)
  })

  it('of webpack is built whole, and finds the lock where the bundle was brought to', async () => {
    const { application, program, elsewhere } = folders()
    const entry = join(elsewhere, 'entry.mjs')
    await bundled(program, entry, 'esm')
    expect(await webpacked(entry, application)).toEqual([])
    expect(await ranFrom(application)).toMatch(/^(ofd|flock)\n$/)
  })
})

describe('what no bundler takes in', () => {
  it('is never loaded from the working folder, where others may put what they like', async () => {
    const cwd = newFolder()
    const planted = join(cwd, 'node_modules', 'planted')
    fs.mkdirSync(planted, { recursive: true })
    fs.writeFileSync(join(planted, 'index.js'), "console.log('planted')")
    const program = `import { loadOutside } from ${JSON.stringify(join(root, 'src/drivers/file/load-outside.ts'))}
      for (const here of [undefined, import.meta.url, 'file:///nowhere/bundle.mjs']) {
        try { loadOutside('planted', here) } catch (error) { console.log(error.code) }
      }`
    const entry = join(newFolder(), 'entry.mjs')
    fs.writeFileSync(entry, program)
    const { stdout } = await promisify(execFile)(process.execPath, [entry], { cwd })
    expect(stdout).toBe('ERR_INVALID_ARG_VALUE\nMODULE_NOT_FOUND\nMODULE_NOT_FOUND\n')
  })
})

/** An application that has the addon, and a folder for builds that has nothing. */
function folders() {
  const folder = newFolder()
  const [application, elsewhere] = [join(folder, 'application'), join(folder, 'elsewhere')]
  for (const path of [application, elsewhere]) fs.mkdirSync(path, { recursive: true })
  fs.symlinkSync(join(root, 'node_modules'), join(application, 'node_modules'), 'junction')
  const program = `import { FileDriver } from ${JSON.stringify(join(root, 'src/drivers/file/file-driver.ts'))}
    import { kernelLocks } from ${JSON.stringify(join(root, 'src/drivers/file/kernel-lock.ts'))}
    const driver = new FileDriver({ path: ${JSON.stringify(join(folder, 'sessions'))} })
    driver.open().then(() => driver.close()).then(() => console.log(kernelLocks().kind))`
  return { application, elsewhere, program }
}

async function bundled(contents: string, outfile: string, format: 'cjs' | 'esm'): Promise<void> {
  const stdin = { contents, resolveDir: root, loader: 'ts' } as const
  await build({ stdin, outfile, format, bundle: true, platform: 'node', logLevel: 'silent' })
}

async function ranFrom(application: string): Promise<string> {
  const { stdout } = await runProgram(await findRuntime('node-24'), join(application, 'bundle.cjs'))
  return stdout
}
