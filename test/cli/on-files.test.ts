import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { STOP_AT_ONCE, configFile, holdfast, newApp } from './command.ts'
import { visitors } from './shop.ts'
import { commandSuite } from './suite.ts'

commandSuite('files', (folder) => {
  const path = join(folder, 'sessions')
  return { config: { driver: 'file', file: { path } }, connect: () => new FileDriver({ path }) }
})

describe('the command on files whose clock was set back', { timeout: 180_000 }, () => {
  const shopOf = async (count: number): Promise<{ cwd: string; before: FileDriver; now: FileDriver }> => {
    const cwd = newApp()
    const path = join(cwd, 'sessions')
    const [before, now] = [new FileDriver({ path, clock: () => Date.now() + 600_000 }), new FileDriver({ path })]
    await visitors(before, count)
    return { cwd: newApp(configFile({ driver: 'file', file: { path } })), before, now }
  }

  it('revoke --all ends the sessions that began before that, and counts them with --dry-run', async () => {
    const { cwd, before, now } = await shopOf(3)
    await visitors(now, 2)
    expect(await holdfast(['revoke', '--all', '--dry-run'], { cwd })).toMatchObject({
      stdout: expect.stringMatching(/^5 sessions would be/),
    })
    expect(await holdfast(['revoke', '--all'], { cwd })).toMatchObject({ code: 0, stdout: '5 sessions ended.\n' })
    expect((await now.list()).sessions).toEqual([])
    await Promise.all([before.close(), now.close()])
  })

  it('revoke --all that is stopped and gone on with as it says ends all of them', async () => {
    const { cwd, before, now } = await shopOf(150)
    await now.open()
    const { code, stdout } = await holdfast(['revoke', '--all'], { cwd, node: ['--import', STOP_AT_ONCE] })
    expect(code).toBe(130)
    expect((await now.list()).sessions).not.toEqual([])
    const [, line = ''] = /Stopped\. Go on with: holdfast (.+)$/m.exec(stdout) ?? []
    expect((await holdfast(line.split(' '), { cwd })).code).toBe(0)
    expect((await now.list()).sessions).toEqual([])
    await Promise.all([before.close(), now.close()])
  })

  it('revoke --all --before ends none that seems to have begun later', async () => {
    const { cwd, before, now } = await shopOf(3)
    await visitors(now, 2)
    expect(await holdfast(['revoke', '--all', '--before', new Date().toISOString()], { cwd })).toMatchObject({
      stdout: '2 sessions ended.\n',
    })
    await Promise.all([before.close(), now.close()])
  })
})
