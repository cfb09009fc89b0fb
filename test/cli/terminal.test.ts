import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { configFile, holdfast, newApp, onTerminal } from './command.ts'
import { visitors } from './shop.ts'

/** As a terminal sends them: the keys Ctrl-C and Ctrl-D. */
const NO_ANSWERS = ['\u0003', '\u0004']

describe('a question on a terminal', { timeout: 120_000 }, () => {
  it('that is not answered publishes nothing', async () => {
    const cwd = newApp()
    for (const input of NO_ANSWERS) {
      const { code, stdout } = await onTerminal(['publish'], { cwd, input, inputAfter: '[ts]' })
      expect([code, stdout]).toEqual([130, expect.stringContaining('Nothing was changed.')])
      expect(existsSync(join(cwd, 'config'))).toBe(false)
    }
  })

  it('that is answered by no gives JSON where that was asked for', async () => {
    const cwd = newApp(configFile({ driver: 'file' }))
    const driver = new FileDriver({ path: join(cwd, 'var/sessions') })
    await driver.open()
    await visitors(driver, 1)
    await driver.close()
    const { code, stdout } = await onTerminal(['revoke', '--all', '--json'], { cwd, input: 'n\n' })
    expect([code, JSON.parse(stdout.trim().split('\n').at(-1) ?? '')]).toEqual([
      0,
      { revoked: 0, dryRun: false, isDone: false, goOn: null },
    ])
    expect(JSON.parse((await holdfast(['list', '--json'], { cwd })).stdout).sessions.length).toBe(1)
  })
})
