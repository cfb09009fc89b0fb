import { getEventListeners } from 'node:events'
import type { OpenRequest } from '../../src/manager/open-session.ts'
import { describe, expect, it, vi } from 'vitest'
import { turns } from './support/idle.ts'
import { codeOf, gate, keyOf, openShop, visit } from './support/shop.ts'
import type { Shop } from './support/shop.ts'

/** Takes the lease as another process would, so that the store answers `busy`. */
async function heldElsewhere(shop: Shop, id: string): Promise<() => Promise<void>> {
  const token = 'f'.repeat(32)
  await shop.memory.acquire(keyOf(id), { token, leaseMs: 1_000_000 })
  return async () => void (await shop.memory.unlock({ key: keyOf(id), token }))
}

describe('waiting for a session', () => {
  it('the 65th waiter fails at once, and the 64 are served', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const holder = await shop.sessions.start(id)
    const waiters = Array.from({ length: 64 }, () => shop.sessions.run(id, (session) => session.increment('n')))
    expect(await codeOf(shop.sessions.start(id))).toBe('ERR_SESSION_LOCK_QUEUE_FULL')
    expect(shop.events).toEqual([expect.objectContaining({ kind: 'refused', reason: 'queue-full' })])
    await holder.release()
    await Promise.all(waiters)
    expect(await shop.peek(id)).toMatchObject({ n: 64 })
    await shop.idle()
  })

  it('S-044: ends after waitSeconds in this process’s line', async () => {
    const shop = openShop({ lock: { waitSeconds: 0.02 } })
    const id = await shop.stored()
    const holder = await shop.sessions.start(id)
    expect(await codeOf(shop.sessions.start(id))).toBe('ERR_SESSION_LOCK_TIMEOUT')
    expect(shop.events).toEqual([expect.objectContaining({ kind: 'refused', reason: 'lock-timeout' })])
    await holder.release()
    await shop.idle()
  })

  it('whoever may not wait gets a lock that is given back just then, however long others had it', async () => {
    const shop = openShop({ lock: { waitSeconds: 0 } })
    const id = await shop.stored()
    const holder = await shop.sessions.start(id)
    // Longer than requests of one process may have a session in a row before other processes get a chance.
    await new Promise((resolve) => setTimeout(resolve, 30))
    const releasing = holder.release()
    const next = await shop.sessions.start(id)
    expect(next.get('n')).toBe(0)
    await releasing
    await next.release()
    await shop.idle()
  })

  it('S-044: ends after waitSeconds at the store', async () => {
    const shop = openShop({ lock: { waitSeconds: 0.05 } })
    const id = await shop.stored()
    const free = await heldElsewhere(shop, id)
    expect(await codeOf(shop.sessions.start(id))).toBe('ERR_SESSION_LOCK_TIMEOUT')
    expect(shop.driver.methods.filter((method) => method === 'acquire').length).toBeGreaterThan(1)
    await free()
    await shop.idle()
  })

  it('waitSeconds: 0 asks once', async () => {
    const shop = openShop({ lock: { waitSeconds: 0 } })
    const id = await shop.stored()
    const free = await heldElsewhere(shop, id)
    expect(await codeOf(shop.sessions.start(id))).toBe('ERR_SESSION_LOCK_TIMEOUT')
    expect(shop.driver.methods).toEqual(['acquire'])
    await free()
    expect((await shop.sessions.start(id)).isNew).toBe(false)
  })

  it('only the head of the line asks the store', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const free = await heldElsewhere(shop, id)
    const tokens = new Set<unknown>()
    const waiters = Array.from({ length: 20 }, () => shop.sessions.run(id, (session) => session.increment('n')))
    await turns(50)
    for (const call of shop.driver.calls) if (call.method === 'acquire') tokens.add((call.args[0] as { token: string }).token)
    expect(tokens.size).toBe(1)
    await free()
    await Promise.all(waiters)
    expect(await shop.peek(id)).toMatchObject({ n: 20 })
    await shop.idle()
  })

  it('can be aborted in the line, with the reason as the cause', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const holder = await shop.sessions.start(id)
    const hangUp = new AbortController()
    const waiting = shop.sessions.start(id, { signal: hangUp.signal })
    const behind = shop.sessions.start(id)
    hangUp.abort(new Error('hung up'))
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_SESSION_ABORTED', cause: new Error('hung up') })
    await holder.release()
    expect((await behind).get('n')).toBe(0)
    await (await behind).release()
    await shop.idle()
  })

  it('can be aborted while the store is asked again and again', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const free = await heldElsewhere(shop, id)
    const hangUp = new AbortController()
    const waiting = shop.sessions.start(id, { signal: hangUp.signal })
    await turns(3)
    hangUp.abort()
    expect(await codeOf(waiting)).toBe('ERR_SESSION_ABORTED')
    await free()
    await shop.idle()
  })

  it('leaves one listener on its signal at most, however often the store is asked', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const free = await heldElsewhere(shop, id)
    const { signal } = new AbortController()
    const opening = visit(shop.sessions, id, { signal })
    await vi.waitFor(() => expect(shop.driver.methods.length).toBeGreaterThan(10))
    expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(1)
    await free()
    await (await opening).commit()
    expect(getEventListeners(signal, 'abort')).toEqual([])
    await shop.idle()
  })

  it('an abort while the store hands out the lease gives the lease back', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const hangUp = new AbortController()
    shop.driver.afterNext('acquire', () => hangUp.abort())
    expect(await codeOf(shop.sessions.start(id, { signal: hangUp.signal }))).toBe('ERR_SESSION_ABORTED')
    expect(shop.driver.methods).toEqual(['acquire', 'unlock'])
    await shop.idle()
  })

  it('a signal that is aborted already asks the store nothing', async () => {
    const shop = openShop()
    const id = await shop.stored()
    expect(await codeOf(shop.sessions.start(id, { signal: AbortSignal.abort() }))).toBe('ERR_SESSION_ABORTED')
    expect(shop.driver.methods).toEqual([])
    await shop.idle()
  })

  it('an abort after the session was given changes nothing by itself', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const hangUp = new AbortController()
    const session = await shop.sessions.start(id, { signal: hangUp.signal })
    hangUp.abort()
    session.increment('n')
    await session.save()
    expect(await shop.peek(id)).toMatchObject({ n: 1 })
    await shop.idle()
  })

  it('whoever waits sees the session end: it gets a new one, and nothing of the old', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const holder = await shop.sessions.start(id)
    const waiting = [1, 2, 3].map(() => shop.sessions.start(id))
    await holder.destroy()
    for (const session of await Promise.all(waiting)) {
      expect([session.isNew, session.get('n')]).toEqual([true, undefined])
      expect(session.id).not.toBe(id)
    }
    await shop.idle()
  })

  it('of one session holds up no other', async () => {
    const shop = openShop()
    const [held, free] = [await shop.stored(), await shop.stored()]
    const holder = await shop.sessions.start(held)
    const arrived = gate()
    await shop.sessions.run(free, () => arrived.open())
    await arrived.opened
    await holder.release()
    await shop.idle()
  })
})

describe('a request that need not wait', () => {
  it('is not asked for a signal, which adapters make only for those who wait', async () => {
    const shop = openShop()
    const first = await visit(shop.sessions)
    first.session.set('n', 1)
    const cookieHeader = (await first.commit()).setCookie?.split(';')[0]
    const request: OpenRequest = {
      cookieHeader,
      isAborted: false,
      get signal(): AbortSignal {
        throw new Error('a signal was made')
      },
    }
    const open = await shop.sessions.open(request)
    expect(open.session.get('n')).toBe(1)
    await open.commit()
  })
})
