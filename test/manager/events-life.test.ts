import { describe, expect, it, vi } from 'vitest'
import { turns } from './support/idle.ts'
import { told } from '../support/visits.ts'
import { codeOf, idIn, keyOf, openShop, visit } from './support/shop.ts'

describe('started', () => {
  it.each(['exclusive', 'readonly'] as const)('tells that a request got its session, and how: %s', async (concurrency) => {
    const shop = openShop()
    const id = await shop.stored()
    const started = told(shop.sessions, 'started')
    const from = performance.now()
    const open = await visit(shop.sessions, id, { concurrency })
    const took = performance.now() - from
    expect(started).toEqual([{ key: keyOf(id), mode: concurrency, waitedMs: expect.any(Number) }])
    expect([(started[0]?.waitedMs ?? NaN) > 0, (started[0]?.waitedMs ?? NaN) <= took]).toEqual([true, true])
    await open.commit()
  })

  it('counts the wait for the lock', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const holder = await visit(shop.sessions, id)
    const started = told(shop.sessions, 'started')
    const waiting = visit(shop.sessions, id)
    const from = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 5))
    const least = performance.now() - from
    await holder.commit()
    await (await waiting).commit()
    expect(started.map(({ waitedMs }) => waitedMs >= least)).toEqual([true])
  })

  it('counts each start of one session anew', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const started = told(shop.sessions, 'started')
    const session = await shop.sessions.start(id)
    await session.save()
    await new Promise((resolve) => setTimeout(resolve, 5))
    const from = performance.now()
    await session.start()
    const took = performance.now() - from
    await session.release()
    expect(started.map(({ waitedMs }) => waitedMs <= took).slice(1)).toEqual([true])
  })

  it('is told of no new session, and of none that was refused', async () => {
    const shop = openShop({ lock: { waitSeconds: 0 }, binding: { ipAddress: 'reject' } })
    const started = told(shop.sessions, 'started')
    const first = await visit(shop.sessions, [], { ipAddress: '192.0.2.1' })
    first.session.set('n', 1)
    const id = idIn((await first.commit()).setCookie) ?? ''
    await (await visit(shop.sessions, 'f'.repeat(40))).commit()
    await (await visit(shop.sessions, id, { ipAddress: '203.0.113.1' })).commit()
    expect(started).toEqual([])
    const holder = await visit(shop.sessions, id, { ipAddress: '192.0.2.1' })
    expect(await codeOf(visit(shop.sessions, id))).toBe('ERR_SESSION_LOCK_TIMEOUT')
    await holder.commit()
    expect(started).toHaveLength(1)
  })
})

describe('released', () => {
  it.each([
    ['stores', async (shop: ReturnType<typeof openShop>, id: string) => shop.sessions.run(id, (session) => session.increment('n'))],
    ['changes nothing', async (shop: ReturnType<typeof openShop>, id: string) => shop.sessions.run(id, () => undefined)],
    [
      'fails',
      async (shop: ReturnType<typeof openShop>, id: string) => codeOf(shop.sessions.run(id, () => Promise.reject(new Error('no')))),
    ],
    ['moves', async (shop: ReturnType<typeof openShop>, id: string) => shop.sessions.run(id, (session) => session.regenerate())],
    ['ends', async (shop: ReturnType<typeof openShop>, id: string) => shop.sessions.run(id, (session) => session.destroy())],
  ])('tells once how long a request held its session that %s it', async (_, serve) => {
    const shop = openShop()
    const id = await shop.stored()
    const released = told(shop.sessions, 'released')
    const from = performance.now()
    await serve(shop, id)
    const took = performance.now() - from
    await shop.idle()
    expect(released).toEqual([{ key: expect.any(String), heldMs: expect.any(Number), lost: undefined }])
    expect([(released[0]?.heldMs ?? NaN) > 0, (released[0]?.heldMs ?? NaN) <= took]).toEqual([true, true])
  })

  it('counts what the handler took', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const released = told(shop.sessions, 'released')
    let least = NaN
    await shop.sessions.run(id, async () => {
      const from = performance.now()
      await new Promise((resolve) => setTimeout(resolve, 5))
      least = performance.now() - from
    })
    expect(released.map(({ heldMs }) => heldMs >= least)).toEqual([true])
  })

  it('counts from the beginning where the session is saved in between', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const released = told(shop.sessions, 'released')
    const open = await visit(shop.sessions, id)
    const from = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 5))
    open.session.increment('n')
    await open.session.save()
    const least = performance.now() - from
    expect(released).toEqual([])
    await open.commit()
    expect(released.map(({ heldMs }) => heldMs >= least)).toEqual([true])
  })

  it('is told of each holder where the lock is handed on', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const released = told(shop.sessions, 'released')
    await Promise.all([1, 2, 3].map(() => shop.sessions.run(id, (session) => session.increment('n'))))
    await shop.idle()
    expect(released.map(({ key, lost }) => [key, lost])).toEqual([1, 2, 3].map(() => [keyOf(id), undefined]))
  })

  it('says why a lock was lost that its holder was not done with', async () => {
    const shop = openShop({ lock: { maxHoldSeconds: 0.05 } })
    const id = await shop.stored()
    const released = told(shop.sessions, 'released')
    const holder = await visit(shop.sessions, id)
    await new Promise((resolve) => holder.session.signal.addEventListener('abort', resolve))
    await holder.discard(undefined)
    expect(released.map(({ lost }) => lost)).toEqual(['held-too-long'])
  })

  it('is told of no request that only reads', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const released = told(shop.sessions, 'released')
    await shop.sessions.run(id, () => undefined, { concurrency: 'readonly' })
    expect(released).toEqual([])
  })
})

describe('expired', () => {
  it.each(['exclusive', 'readonly'] as const)(
    'tells of an id whose session had ended by shorter limits, and of no unknown one: %s',
    async (concurrency) => {
      const shop = openShop()
      const id = await shop.stored()
      const stricter = shop.another({ lifetime: { idleSeconds: 600 } })
      const [expired, refused, started] = [told(stricter, 'expired'), told(stricter, 'refused'), told(stricter, 'started')]
      shop.clock.advance(600_000)
      await (await visit(stricter, id, { concurrency })).commit()
      expect([expired, refused, started]).toEqual([[{ key: keyOf(id) }], [], []])
      await shop.idle()
    },
  )

  it('tells of a session that ends while another request holds it', async () => {
    const shop = openShop({ lifetime: { idleSeconds: 5 } })
    const id = await shop.stored()
    const expired = told(shop.sessions, 'expired')
    const holder = await visit(shop.sessions, id)
    shop.clock.advance(5000)
    await (await visit(shop.sessions, id, { concurrency: 'readonly' })).commit()
    expect(expired).toEqual([{ key: keyOf(id) }])
    await holder.discard(undefined)
  })

  it('is not told of what the store has dropped: nobody knows that id', async () => {
    const shop = openShop({ lifetime: { idleSeconds: 600 } })
    const id = await shop.stored()
    const [expired, refused] = [told(shop.sessions, 'expired'), told(shop.sessions, 'refused')]
    shop.clock.advance(600_000)
    await (await visit(shop.sessions, id)).commit()
    expect([expired, refused.map(({ reason, key }) => [reason, key])]).toEqual([[], [['unknown-id', keyOf(id)]]])
  })

  it('tells of each of several ids', async () => {
    const shop = openShop()
    const ids = [await shop.stored(), await shop.stored()]
    const stricter = shop.another({ lifetime: { idleSeconds: 600 } })
    const expired = told(stricter, 'expired')
    shop.clock.advance(600_000)
    await (await visit(stricter, ids)).commit()
    expect(expired.map(({ key }) => key)).toEqual(ids.map(keyOf))
  })
})

describe('events that nobody listens to', () => {
  it('read no clock', async () => {
    const shop = openShop()
    const id = await shop.stored()
    // What the least of several do, each to its end, since timers read the clock as well, and a lock is given back behind the request.
    const reads = async (): Promise<number> => {
      const counts: number[] = []
      for (let each = 0; each < 5; each++) {
        const now = vi.spyOn(performance, 'now')
        await (await visit(shop.sessions, id)).commit()
        await turns(3)
        counts.push(now.mock.calls.length)
        now.mockRestore()
      }
      return Math.min(...counts)
    }
    const silent = await reads()
    const stops = [shop.sessions.on('started', () => undefined), shop.sessions.on('released', () => undefined)]
    expect(await reads()).toBe(silent + 3)
    for (const stop of stops) stop()
    expect(await reads()).toBe(silent)
  })
})
