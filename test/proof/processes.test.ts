import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { makeGuardedFolder, removeGuardedFolder } from '../../proof/faults/guard.ts'
import { startProcess } from '../../proof/faults/node-process.ts'
import { killPrograms, startProgram } from '../../proof/faults/program.ts'
import { until } from '../../proof/faults/until.ts'
import { describeNeeding } from '../support/needs.ts'
import { respOnce } from '../support/resp.ts'

async function startChild(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const child = await startProcess(new URL('child.ts', import.meta.url), args, { env })
  onTestFinished(async () => void (await child.kill()))
  return child
}

/** Whether it runs: one that has ended and that nobody has asked for yet does not. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !existsSync('/proc/self') || !/\) Z [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

describe('startProcess', () => {
  it('runs a module with arguments and variables, and talks with it', async () => {
    const child = await startChild(['one', 'two'], { MODE: 'test' })
    expect(await child.ask(['echo', 'line\nbreak'])).toEqual({ echo: ['line\nbreak'], args: ['one', 'two'], mode: 'test' })
  })

  it('gives messages in their order, those too that were told before the end', async () => {
    const child = await startChild()
    child.send(['count', '1000'])
    expect(await child.next()).toBe(1)
    child.send(['exit', '3'])
    expect(await child.untilExit()).toEqual({ code: 3, signal: null })
    for (let count = 2; count <= 1000; count++) expect(await child.next()).toBe(count)
    await expect(child.next()).rejects.toThrow('child.ts ended')
  })

  it('says what the process printed when it ends instead of answering', async () => {
    const child = await startChild()
    await expect(child.ask(['fail', 'as', 'it', 'should'])).rejects.toThrow('as it should')
    expect(await child.untilExit()).toEqual({ code: 1, signal: null })
  })

  it('waits for a message within a bound, and gives a later one to who asks next', async () => {
    const child = await startChild()
    await expect(child.next(1)).rejects.toThrow('said nothing within 1 ms')
    expect(await child.ask(['echo'])).toMatchObject({ echo: [] })
  })

  it('fails when there is no such program', async () => {
    await expect(startProgram('holdfast-no-such-program', [])).rejects.toThrow('ENOENT')
  })
})

describe('a process', () => {
  it('that is killed ends at once, paused or not', async () => {
    const [first, second] = [await startChild(), await startChild()]
    await second.pause()
    expect(await first.kill()).toEqual({ code: null, signal: 'SIGKILL' })
    expect(await second.kill()).toEqual({ code: null, signal: 'SIGKILL' })
    expect(await second.kill()).toEqual({ code: null, signal: 'SIGKILL' })
    expect([runs(first.pid), runs(second.pid)]).toEqual([false, false])
  })

  it('that is paused answers only once it is resumed', async () => {
    const [paused, other] = [await startChild(), await startChild()]
    await paused.pause()
    const answer = paused.ask(['echo', 'late'])
    const first = Promise.race([answer, other.ask(['echo', 'early'])])
    expect(await first).toMatchObject({ echo: ['early'] })
    paused.resume()
    expect(await answer).toMatchObject({ echo: ['late'] })
  })

  it('is among those that can be killed all at once', async () => {
    const children = [await startChild(), await startChild()]
    await killPrograms()
    expect(children.map(({ pid }) => runs(pid))).toEqual([false, false])
    await killPrograms()
  })

  it('does not outlive who started it, though that was killed and it stands still', async () => {
    const parent = await startChild()
    parent.send(['start-paused'])
    const { pid } = (await parent.next()) as { pid: number }
    expect(runs(pid)).toBe(true)
    await parent.kill()
    await until('it to be gone', () => !runs(pid))
  })
})

describe('a guarded folder', () => {
  it('can be removed, with what is in it, twice', () => {
    const folder = makeGuardedFolder('test')
    expect(existsSync(folder)).toBe(true)
    removeGuardedFolder(folder)
    removeGuardedFolder(folder)
    expect(existsSync(folder)).toBe(false)
  })
})

describe('until', () => {
  it('gives what the condition gives, zero and null too, after what it threw', async () => {
    let tries = 0
    const condition = () => {
      tries += 1
      if (tries === 1) throw new Error('not yet')
      return tries < 3 ? undefined : 0
    }
    expect(await until('the third try', condition)).toBe(0)
  })

  it('ends at its bound, with what the condition threw last', async () => {
    const failing = until('nothing', () => Promise.reject(new Error('never')), 1)
    await expect(failing).rejects.toMatchObject({ message: 'waited for nothing longer than 1 ms', cause: { message: 'never' } })
  })
})

describeNeeding('redis-server', 'a server of a process', () => {
  it('does not outlive it, nor does the folder, though it was killed', async () => {
    const parent = await startChild()
    parent.send(['start-redis'])
    const { pid, port, folder } = (await parent.next()) as { pid: number; port: number; folder: string }
    expect(await respOnce(port, 'SET', 'key', 'value')).toBe('OK')
    expect([runs(pid), existsSync(folder)]).toEqual([true, true])
    await parent.kill()
    await until('both to be gone', () => !runs(pid) && !existsSync(folder))
    await expect(respOnce(port, 'PING')).rejects.toThrow('ECONNREFUSED')
  })
})
