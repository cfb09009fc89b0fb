import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadSessionConfig } from '../../src/config/index.ts'
import { configText } from '../../src/config/index.ts'
import { configFile, holdfast, newApp, onTerminal } from '../cli/command.ts'

const textIn = (cwd: string, format: string): string => readFileSync(join(cwd, `config/session.${format}`), 'utf8')

describe('holdfast publish', { timeout: 120_000 }, () => {
  it('S-341 S-343: writes the configuration file into config/, which is made with the mode 0755', async () => {
    const cwd = newApp()
    expect(await holdfast(['publish'], { cwd })).toEqual({ code: 0, stdout: 'Published config to config/session.ts\n', stderr: '' })
    expect(textIn(cwd, 'ts')).toBe(configText('ts'))
    expect(statSync(join(cwd, 'config')).mode & 0o777 & ~process.umask()).toBe(0o755 & ~process.umask())
    const help = await holdfast(['publish', '--help'], { cwd })
    expect(help.stdout).toContain('Publish the session configuration file to the project config directory.')
  })

  it('S-343: what is published can be read where npm init has made package.json', async () => {
    const cwd = newApp({ 'package.json': '{ "type": "commonjs" }' })
    expect(await holdfast(['publish'], { cwd })).toEqual({ code: 0, stdout: 'Published config to config/session.mts\n', stderr: '' })
    expect(textIn(cwd, 'mts')).toBe(configText('ts'))
    expect((await holdfast(['publish'], { cwd })).stdout).toBe('Skipping publication.\n')
  })

  it('a configuration that is CommonJS for package.json is refused with how to make a module of it', async () => {
    for (const [path, text, better] of [
      ['session.config.ts', "import 'node:fs'", 'session.config.mts'],
      ['config/session.js', 'export default {}', 'config/session.mjs'],
    ] as const) {
      const { stderr } = await holdfast(['list'], { cwd: newApp({ 'package.json': '{ "type": "commonjs" }', [path]: text }) })
      expect(stderr).toContain(`For package.json it is CommonJS: name it ${better}, or write "type": "module" there.`)
    }
  })

  it('S-342: --format chooses, and without it a terminal is asked; what is published can be read', async () => {
    for (const format of ['json', 'mlc'] as const) {
      const cwd = newApp()
      expect(await holdfast(['publish', '--format', format, '--json'], { cwd })).toMatchObject({ code: 0, stderr: '' })
      expect(textIn(cwd, format)).toBe(configText(format))
      expect((await loadSessionConfig({ cwd, env: {} })).file).toBe(join(cwd, `config/session.${format}`))
    }
    const asked = newApp()
    const { code, stdout } = await onTerminal(['publish'], { cwd: asked, input: 'mlc\n' })
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/Which configuration format would you like to use\?[^]*Published config to config\/session\.mlc/),
    ])
    expect((await holdfast(['publish', '--format', 'php'], { cwd: asked })).code).toBe(2)
  })

  it('S-344: a file that is there is left as it is, unless a terminal says yes or there is --force', async () => {
    const cwd = newApp({ 'config/session.json': '{}' })
    const skipped = await holdfast(['publish', '--format', 'json'], { cwd })
    expect(skipped).toMatchObject({ code: 0, stdout: 'Skipping publication.\n' })
    expect(skipped.stderr).toMatch(/^holdfast: File \[config\/session\.json\] already exists.*--force\n$/)
    const no = await onTerminal(['publish', '--format', 'json'], { cwd, input: '\n' })
    expect([no.code, no.stdout]).toEqual([
      0,
      expect.stringMatching(/File \[config\/session\.json\] already exists\. Overwrite\? \[y\/N\][^]*Skipping publication\./),
    ])
    expect(textIn(cwd, 'json')).toBe('{}')
    expect((await onTerminal(['publish', '--format', 'json'], { cwd, input: 'y\n' })).code).toBe(0)
    expect(textIn(cwd, 'json')).toBe(configText('json'))
    const forced = newApp({ 'config/session.ts': 'old' })
    expect((await holdfast(['publish', '--force'], { cwd: forced })).code).toBe(0)
    expect(textIn(forced, 'ts')).toBe(configText('ts'))
  })

  it('S-345: says in one line what could not be made or written, and exits with 1', async () => {
    const blocked = newApp({ config: 'a file' })
    expect(await holdfast(['publish'], { cwd: blocked })).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^holdfast: Could not create destination directory: config \(\w+\)\n$/),
    })
    const folder = newApp({ 'config/session.ts/x': '' })
    expect(await holdfast(['publish', '--force'], { cwd: folder })).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^holdfast: Failed to publish config to: config\/session\.ts \(\w+\)\n$/),
    })
    chmodSync(folder, 0o755)
    expect(existsSync(join(folder, 'config/session.ts/x'))).toBe(true)
  })

  it('S-346: a key that nobody knows is an error that names the nearest one', async () => {
    const { code, stderr } = await holdfast(['list'], { cwd: newApp(configFile({ drivr: 'file' })) })
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^holdfast: [^\n]*drivr[^\n]*driver[^\n]*\n$/)])
  })
})
