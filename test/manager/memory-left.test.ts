import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { busyCount, turns } from './support/idle.ts'
import { visit } from './support/shop.ts'

setFlagsFromString('--expose_gc')
const collectGarbage = runInNewContext('gc') as () => void

async function heapBytes(): Promise<number> {
  await turns(5)
  collectGarbage()
  return process.memoryUsage().heapUsed
}

/** A store whose updates take a while. */
class Unhurried extends MemoryDriver {
  override async update(...args: Parameters<MemoryDriver['update']>): ReturnType<MemoryDriver['update']> {
    await turns(1)
    return await super.update(...args)
  }
}

describe('after 1,000 sessions whose requests ended one after the other', () => {
  it('a manager that merges keeps nothing of them', async () => {
    const sessions = new SessionManager({ driver: new Unhurried({ maxEntries: 10 }), concurrency: 'merge', collectEverySeconds: 0 })
    const round = async (count: number): Promise<void> => {
      for (let each = 0; each < count; each++) {
        const id = await sessions.run(undefined, (session) => {
          session.set('text', `${each}`.padEnd(10_000, '-'))
          return session.id
        })
        const [first, second] = [await visit(sessions, id), await visit(sessions, id)]
        first.session.set('first', true)
        second.session.set('second', true)
        const stored = first.commit()
        await Promise.resolve()
        await Promise.all([stored, second.commit()])
      }
    }
    await round(100)
    const before = await heapBytes()
    await round(1000)
    expect(((await heapBytes()) - before) / 1000, 'bytes a session').toBeLessThan(2000)
  })
})

describe('after 100,000 requests', () => {
  it('a manager keeps nothing of them', { timeout: 120_000 }, async () => {
    const sessions = new SessionManager({ driver: new MemoryDriver({ maxEntries: 100 }), lock: { waitSeconds: 0.001, maxWaiters: 3 } })
    sessions.on('committed', () => undefined)
    const longLived = new AbortController()
    const { signal } = longLived
    const id = await sessions.run(undefined, (session) => {
      session.set('n', 0)
      return session.id
    })
    const round = async (requests: number): Promise<void> => {
      for (let each = 0; each < requests; each += 10) {
        const fresh = await visit(sessions, [], { signal })
        fresh.session.set('n', each)
        await fresh.commit()
        await (await visit(sessions, [], { signal })).commit()
        await (await visit(sessions, 'a'.repeat(40), { signal })).commit()
        const changed = await visit(sessions, id, { signal })
        changed.session.increment('n')
        void changed.session.signal
        const waiting = Array.from({ length: 4 }, () => visit(sessions, id, { signal }).then((open) => open.commit()))
        await Promise.allSettled([changed.run(() => changed.commit()), ...waiting])
        await (await visit(sessions, id, { signal, concurrency: 'readonly' })).commit()
        await (await visit(sessions, id, { signal })).discard(new Error('oops'))
      }
    }
    await round(10_000)
    const before = await heapBytes()
    await round(100_000)
    const after = await heapBytes()
    await turns(20)
    expect(busyCount()).toBe(0)
    expect((after - before) / 100_000, 'bytes a request').toBeLessThan(20)
  })
})
