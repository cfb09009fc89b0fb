import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { repository } from '../../scripts/support/check.ts'
import { webpacked } from '../support/webpack.ts'
import { application } from './support.ts'

describe('what is loaded when it is chosen', { timeout: 120_000 }, () => {
  it('is found from a bundle of webpack: the client of a URL, and a configuration file', async () => {
    const folder = application({ 'session.config.mjs': "export default { cookie: { name: 'mine' } }" })
    const contents = `import { DriverFactory, loadSessionConfig } from './src/config/index.ts'
      const loaded = async () => {
        const driver = await new DriverFactory({ env: {} }).make('database', { url: 'sqlite::memory:' })
        await driver.close()
        const { config } = await loadSessionConfig({ cwd: ${JSON.stringify(folder)}, env: {} })
        console.log(driver.name, config.cookie.name)
      }
      loaded()`
    const entry = join(folder, 'entry.mjs')
    const stdin = { contents, resolveDir: repository, loader: 'ts' } as const
    await build({ stdin, outfile: entry, bundle: true, format: 'esm', platform: 'node', logLevel: 'silent' })
    expect(await webpacked(entry, folder)).toEqual([])
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'bundle.cjs')])
    expect(stdout).toBe('database mine\n')
  })
})
