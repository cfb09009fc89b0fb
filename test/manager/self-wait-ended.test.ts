import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { codeOf, gate, openShop, visit } from './support/shop.ts'

setFlagsFromString('--expose_gc')
const collectGarbage = runInNewContext('gc') as () => void

describe('a handler that goes on after the end of its request', () => {
  it('may start the session again while a slow store still takes what was set', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const slow = gate()
    shop.driver.beforeNext('commit', () => slow.opened)
    const open = await visit(shop.sessions, id)
    await open.run(async () => {
      open.session.increment('n')
      const answered = open.commit()
      const later = shop.sessions.run(id, (session) => session.increment('n'))
      slow.open()
      await answered
      expect(await later).toBe(2)
    })
    await shop.idle()
  })

  it('is still told when the outer of two requests is the one that waits for itself', async () => {
    const shop = openShop()
    const [outer, inner] = [await shop.stored(), await shop.stored()]
    const open = await visit(shop.sessions, inner)
    const code = await shop.sessions.run(outer, () =>
      open.run(async () => {
        await open.commit()
        return await codeOf(shop.sessions.start(outer))
      }),
    )
    expect(code).toBe('ERR_SESSION_LOCK_SELF')
    await shop.idle()
  })

  it('is still told of a session that was new when it began, and was saved inside another', async () => {
    const shop = openShop()
    const other = await shop.stored()
    const code = await shop.sessions.run(undefined, (session) =>
      shop.sessions.run(other, async () => {
        session.set('n', 1)
        await session.save({ keepOpen: true })
        return await codeOf(shop.sessions.start(session.id))
      }),
    )
    expect(code).toBe('ERR_SESSION_LOCK_SELF')
    await shop.idle()
  })
})

describe('a job that starts the next one from inside its session', () => {
  it('does not keep all the sessions before it in memory', async () => {
    const sessions = new SessionManager({ driver: new MemoryDriver({ acknowledged: true }) })
    const used: WeakRef<object>[] = []
    const { promise: alive, resolve, reject } = Promise.withResolvers<number>()
    const job = async (left: number): Promise<void> => {
      await sessions.run(undefined, async (session) => {
        used.push(new WeakRef(session))
        if (left > 0) setImmediate(() => void job(left - 1).catch(reject))
        else resolve(await aliveOf(used))
      })
    }
    await job(50)
    expect(await alive).toBeLessThan(5)
    expect(used).toHaveLength(51)
  })
})

async function aliveOf(used: readonly WeakRef<object>[]): Promise<number> {
  await turn()
  collectGarbage()
  return used.filter((session) => session.deref() !== undefined).length
}
