import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Serializer } from '../../src/contracts/serializer.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { NativeSerializer } from '../../src/serializers/native.ts'
import { SessionError } from '../../src/session/errors.ts'
import { turns } from './support/idle.ts'
import { codeOf, failureOf, gate, keyOf, openShop, visit } from './support/shop.ts'
import type { Options, Shop } from './support/shop.ts'

async function openVisit(options: Options = {}): Promise<Shop & { id: string; open: Awaited<ReturnType<typeof visit>> }> {
  const shop = openShop(options)
  const id = await shop.stored()
  return { ...shop, id, open: await visit(shop.sessions, id) }
}

/** A serializer that fails in one of its methods. */
function failing(method: 'prepare' | 'restore', how: 'throws' | 'rejects'): Serializer {
  const inner = new NativeSerializer()
  const fail = (): Promise<never> => {
    const error = new TypeError('no text')
    if (how === 'rejects') return Promise.reject(error)
    throw error
  }
  return {
    prepare: (value, context) => (method === 'prepare' ? fail() : inner.prepare(value, context)),
    restore: (text) => (method === 'restore' ? fail() : inner.restore(text)),
  }
}

describe('the lock is given back', () => {
  it('S-056: when the handler throws', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const oops = new Error('oops')
    expect(
      await failureOf(
        shop.sessions.run(id, (session) => {
          session.set('n', 9)
          throw oops
        }),
      ),
    ).toBe(oops)
    expect(shop.events).toEqual([{ kind: 'discarded', key: keyOf(id), cause: oops }])
    expect(await shop.peek(id)).toMatchObject({ n: 0 })
    await shop.idle()
  })

  it('when the request is discarded', async () => {
    const { open, peek, id, idle } = await openVisit()
    open.session.set('n', 9)
    await open.discard(new Error('oops'))
    expect(await peek(id)).toMatchObject({ n: 0 })
    await idle()
  })

  it.each(['throws', 'rejects'] as const)('when the serializer %s at the commit', async (how) => {
    const shop = openShop()
    const id = await shop.stored()
    const sessions = shop.another({ serializer: failing('prepare', how) })
    const open = await visit(sessions, id)
    open.session.set('n', 9)
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(await shop.peek(id)).toMatchObject({ n: 0 })
    await shop.idle()
  })

  it.each(['throws', 'rejects'] as const)('S-048: when the serializer %s at the start', async (how) => {
    const shop = openShop()
    const id = await shop.stored()
    const sessions = shop.another({ serializer: failing('restore', how), onUnreadable: 'throw' })
    expect(await codeOf(sessions.start(id))).toBe('ERR_SESSION_UNREADABLE')
    await shop.idle()
  })

  it('when a value cannot be kept', async () => {
    const { open, peek, id, idle } = await openVisit()
    open.session.set('callback', () => 1)
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_SERIALIZATION_FAILED')
    expect(await peek(id)).toMatchObject({ n: 0 })
    await idle()
  })

  it('when it was had after all, by a request that asked again and again, and the answer was lost', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const held = { key: keyOf(id), token: 'f'.repeat(32) }
    await shop.memory.acquire(held.key, { token: held.token, leaseMs: 1_000_000 })
    const starting = codeOf(shop.sessions.start(id))
    await vi.waitFor(() => expect(shop.driver.methods.length).toBeGreaterThan(3))
    shop.driver.beforeNext('acquire', async () => void (await shop.memory.unlock(held)))
    shop.driver.loseAnswer('acquire')
    expect(await starting).toBe('ERR_SESSION_DRIVER_FAILED')
    await shop.idle()
  })

  it.each(['failNext', 'loseAnswer'] as const)('when acquire fails (%s)', async (how) => {
    const shop = openShop()
    const id = await shop.stored()
    shop.driver[how]('acquire')
    expect(await codeOf(shop.sessions.start(id))).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(shop.driver.methods).toEqual(['acquire', 'unlock'])
    await shop.idle()
  })

  it.each(['failNext', 'loseAnswer'] as const)('when commit fails (%s)', async (how) => {
    const { open, driver, idle } = await openVisit()
    open.session.increment('n')
    driver[how]('commit')
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_DRIVER_FAILED')
    await idle()
  })

  it.each(['failNext', 'loseAnswer'] as const)('when commit fails while another waits (%s)', async (how) => {
    const { open, driver, sessions, id, idle } = await openVisit()
    open.session.increment('n')
    const waiting = sessions.start(id)
    await turns(1)
    driver[how]('commit')
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_DRIVER_FAILED')
    const next = await waiting
    expect(next.get('n')).toBe(how === 'failNext' ? 0 : 1)
    await next.release()
    expect(driver.methods.filter((method) => method === 'acquire').length).toBeGreaterThan(1)
    await idle()
  })

  it.each(['failNext', 'loseAnswer'] as const)('when commit fails and the session was to stay open (%s)', async (how) => {
    const { open, driver, idle } = await openVisit()
    open.session.increment('n')
    driver[how]('commit')
    expect(await codeOf(open.session.save())).toBe('ERR_SESSION_DRIVER_FAILED')
    await idle()
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_DRIVER_FAILED')
  })

  it.each(['failNext', 'loseAnswer'] as const)('when replace fails (%s)', async (how) => {
    const { open, driver, idle } = await openVisit()
    await open.session.regenerate()
    driver[how]('replace')
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_DRIVER_FAILED')
    await idle()
  })

  it.each(['failNext', 'loseAnswer'] as const)('when the touch fails (%s)', async (how) => {
    const shop = openShop()
    const id = await shop.stored()
    shop.clock.advance(60_000)
    const open = await visit(shop.sessions, id)
    shop.driver[how]('commit')
    await open.commit()
    await shop.idle()
    expect(shop.events).toContainEqual(expect.objectContaining({ kind: 'trouble', operation: 'touch' }))
  })

  it('when unlock fails: that is told, holds nobody up, and the lease ends by itself', async () => {
    const shop = openShop()
    const id = await shop.stored()
    shop.driver.failNext('unlock')
    await shop.sessions.run(id, () => undefined)
    const next = shop.sessions.start(id)
    shop.clock.advance(10_001)
    expect((await next).isNew).toBe(false)
    expect(shop.events).toEqual([expect.objectContaining({ kind: 'trouble', operation: 'unlock', key: keyOf(id) })])
    await (await next).release()
    await shop.idle()
  })

  it('when the record cannot be read', async () => {
    const shop = openShop()
    const id = await shop.stored()
    shop.driver.failNext('acquire', SessionError.unreadable(keyOf(id), 'it is torn'))
    expect((await shop.sessions.start(id)).isNew).toBe(true)
    await shop.idle()
  })

  it('when the session was held for too long: its signal aborts, its commit throws, the next gets it', async () => {
    const shop = openShop({ lock: { maxHoldSeconds: 0.03, leaseSeconds: 0.06 } })
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    session.set('n', 9)
    const lost = gate()
    session.signal.addEventListener('abort', () => lost.open())
    const waiting = shop.sessions.start(id)
    await lost.opened
    expect(session.signal.reason).toMatchObject({ code: 'ERR_SESSION_LOCK_LOST' })
    const error = await failureOf(session.save())
    expect(error).toMatchObject({ code: 'ERR_SESSION_LOCK_LOST' })
    expect(String(error)).toContain('lock.maxHoldSeconds')
    expect((await waiting).get('n')).toBe(0)
    await (await waiting).release()
    await shop.idle()
  })

  it('when it was held for too long by a place in the line alone', async () => {
    const shop = openShop()
    const sessions = new SessionManager({ driver: shop.driver, assumeSingleProcess: true, lock: { maxHoldSeconds: 0.03 } })
    const id = await shop.stored()
    const session = await sessions.start(id)
    session.set('n', 9)
    await sessions.run(id, ({ signal }) => expect(signal.aborted).toBe(false))
    expect(session.signal.reason).toMatchObject({ code: 'ERR_SESSION_LOCK_LOST' })
    expect(String(await failureOf(session.save()))).toContain('lock.maxHoldSeconds')
    expect(await shop.peek(id)).toMatchObject({ n: 0 })
    await shop.idle()
  })

  it('when its id has changed, by a place in the line alone, so that nobody who comes with the old one waits', async () => {
    const shop = openShop()
    const sessions = new SessionManager({ driver: shop.driver, assumeSingleProcess: true, lock: { waitSeconds: 0.05 } })
    const id = await shop.stored()
    const next = await sessions.run(id, async (session) => {
      await session.regenerate()
      return session.id
    })
    expect(await sessions.run(id, ({ isNew }) => isNew)).toBe(true)
    expect(await sessions.run(next, (session) => session.get('n'))).toBe(0)
    await shop.idle()
  })

  it('and takes no place under its new id, when it was held for too long while the change was under way', async () => {
    const shop = openShop()
    const sessions = new SessionManager({ driver: shop.driver, assumeSingleProcess: true, lock: { maxHoldSeconds: 0.03 } })
    const session = await sessions.start(await shop.stored())
    const lost = gate()
    session.signal.addEventListener('abort', () => lost.open())
    await session.regenerate()
    shop.driver.afterNext('insert', () => lost.opened)
    await session.save({ keepOpen: true })
    expect(await sessions.run(session.id, (next) => next.get('n'))).toBe(0)
    await shop.idle()
  })

  it('when it is held for too long while its commit is under way, to whatever the commit went on with', async () => {
    const shop = openShop({ lock: { maxHoldSeconds: 0.03, leaseSeconds: 0.06 } })
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    session.set('n', 9)
    const waiting = shop.sessions.start(id)
    await turns(1)
    const lost = gate()
    session.signal.addEventListener('abort', () => lost.open())
    shop.driver.afterNext('commit', () => lost.opened)
    await session.save()
    expect((await waiting).get('n')).toBe(9)
    await (await waiting).release()
    await shop.idle()
  })

  it('when it is held for too long while its session is saved in the middle', async () => {
    const shop = openShop({ lock: { maxHoldSeconds: 0.03 } })
    const session = await shop.sessions.start(await shop.stored())
    session.set('n', 9)
    const lost = gate()
    session.signal.addEventListener('abort', () => lost.open())
    shop.driver.afterNext('commit', () => lost.opened)
    await session.save({ keepOpen: true })
    expect(await shop.peek(session.id)).toMatchObject({ n: 9 })
    await shop.idle()
  })

  it('when a driver throws instead of rejecting', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const unlock = vi.spyOn(shop.driver, 'unlock').mockImplementationOnce(() => {
      throw new TypeError('not even a promise')
    })
    onTestFinished(() => unlock.mockRestore())
    await shop.sessions.run(id, () => undefined)
    const next = shop.sessions.start(id)
    shop.clock.advance(10_001)
    expect((await next).isNew).toBe(false)
    await (await next).release()
    await shop.idle()
  })
})
