import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it, vi } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import type { SessionEnd } from '../../src/session/session-lifecycle.ts'
import { turns } from './support/idle.ts'

setFlagsFromString('--expose_gc')
const collectGarbage = runInNewContext('gc') as () => void

function newManager(): SessionManager {
  return new SessionManager({ driver: new MemoryDriver(), collectEverySeconds: 0 })
}

async function storedId(sessions: SessionManager): Promise<string> {
  return await sessions.run(undefined, (session) => {
    session.set('n', 0)
    return session.id
  })
}

describe('a manager whose sessions are watched', () => {
  it('keeps nothing of the session object, nor of what is in it', async () => {
    const sessions = newManager()
    const id = await storedId(sessions)
    const watch = async (): Promise<{ readonly kept: WeakRef<object>; readonly watching: Promise<SessionEnd> }> => {
      const session = await sessions.start(id, { concurrency: 'readonly' })
      return { kept: new WeakRef(session), watching: session.watch() }
    }
    const { kept, watching } = await watch()
    await turns(5)
    collectGarbage()
    await turns(5)
    collectGarbage()
    expect(kept.deref()).toBeUndefined()
    await sessions.close()
    expect(await watching).toEqual({ reason: 'stopped' })
  })

  it('keeps no process alive by it', async () => {
    const sessions = newManager()
    const session = await sessions.start(await storedId(sessions), { concurrency: 'readonly' })
    const timers = vi.spyOn(globalThis, 'setTimeout')
    const watching = session.watch()
    const [timer] = timers.mock.results.map(({ value }) => value)
    timers.mockRestore()
    expect(timer?.hasRef()).toBe(false)
    await sessions.close()
    expect(await watching).toEqual({ reason: 'stopped' })
  })

  it.each([
    ['while one stays', true],
    ['and nobody stays', false],
  ])('keeps nothing of 50,000 who have left, %s', { timeout: 60_000 }, async (_, oneStays) => {
    const sessions = newManager()
    const session = await sessions.start(await storedId(sessions), { concurrency: 'readonly' })
    const stays = oneStays ? session.watch() : undefined
    const round = async (count: number): Promise<number> => {
      for (let each = 0; each < count; each++) {
        const leaving = new AbortController()
        const watching = session.watch({ signal: leaving.signal })
        leaving.abort()
        await watching
      }
      await turns(5)
      collectGarbage()
      return process.memoryUsage().heapUsed
    }
    const before = await round(10_000)
    const after = await round(50_000)
    expect((after - before) / 50_000, 'bytes a watching').toBeLessThan(20)
    await sessions.close()
    expect(await stays).toEqual(oneStays ? { reason: 'stopped' } : undefined)
  })
})
