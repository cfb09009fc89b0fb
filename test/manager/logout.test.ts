import { describe, expect, it } from 'vitest'
import { figure, logoutRaces } from '../../bench/figures/logout-races.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { codeOf, idIn, keyOf, openShop, visit } from './support/shop.ts'

describe('a logout against slow saves', () => {
  it.each([1, 2, 3])('brings nothing back, 1000 times in memory (seed %d)', async (seed) => {
    const driver = new MemoryDriver()
    const { saved, refused, broughtBack } = await logoutRaces([driver, driver], 1000, seed)
    expect(broughtBack).toBe(0)
    expect(saved).toBeGreaterThan(300)
    expect(refused).toBeGreaterThan(300)
  })

  it('brings nothing back on files either', async () => {
    const { counts } = await figure.run('small', { seed: 4, log: () => undefined })
    expect(counts).toMatchObject({ 'memory: broughtBack': 0, 'files: broughtBack': 0 })
    expect(counts['files: saved']).toBeGreaterThan(50)
    expect(counts['files: refused']).toBeGreaterThan(50)
  })
})

describe('a session that is ended under its holder', () => {
  it('onGone: anonymous: the response goes out, without a cookie and with nothing stored', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    open.session.set('n', 9)
    await shop.memory.destroy(keyOf(id))
    expect(await open.commit()).toEqual({ setCookie: undefined })
    expect(await shop.memory.read(keyOf(id))).toBeUndefined()
    expect(shop.events).toEqual([expect.objectContaining({ kind: 'refused', reason: 'gone', key: keyOf(id) })])
    await shop.idle()
  })

  it('onGone: throw: the request fails', async () => {
    const shop = openShop({ onGone: 'throw' })
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    open.session.set('n', 9)
    await shop.memory.destroy(keyOf(id))
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_GONE')
    await shop.idle()
  })

  it('is gone also for a standalone save and for run, whatever onGone says', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    session.set('n', 9)
    await shop.memory.destroy(keyOf(id))
    expect(await codeOf(session.save())).toBe('ERR_SESSION_GONE')
    const other = await shop.stored()
    const run = shop.sessions.run(other, async (open) => {
      open.set('n', 9)
      await shop.memory.destroy(keyOf(other))
    })
    expect(await codeOf(run)).toBe('ERR_SESSION_GONE')
    await shop.idle()
  })

  it('is gone for a save in the middle of a request, whose response then goes out without it', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    open.session.set('n', 9)
    await shop.memory.destroy(keyOf(id))
    expect(await codeOf(open.session.save())).toBe('ERR_SESSION_GONE')
    expect(await open.commit()).toEqual({ setCookie: undefined })
    expect(await shop.memory.read(keyOf(id))).toBeUndefined()
    await shop.idle()
  })

  it('is gone first, and a lost lock second', async () => {
    const shop = openShop({ onGone: 'throw' })
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    open.session.set('n', 9)
    shop.clock.advance(10_001)
    await shop.memory.destroy(keyOf(id))
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_GONE')
  })

  it.each([{}, { destroy: true }])('cannot be moved to a new id (%o)', async (options) => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    await open.session.regenerate(options)
    await shop.memory.destroy(keyOf(id))
    expect(await open.commit()).toEqual({ setCookie: undefined })
    expect(await shop.memory.read(keyOf(open.session.id))).toBeUndefined()
    await shop.idle()
  })

  it('costs a request that only read it nothing', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    expect(open.session.get('n')).toBe(0)
    await shop.memory.destroy(keyOf(id))
    expect(await open.commit()).toEqual({ setCookie: undefined })
    expect(shop.events).toEqual([])
    await shop.idle()
  })

  it('can be ended again', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    await shop.memory.destroy(keyOf(id))
    await open.session.destroy()
    expect(idIn((await open.commit()).setCookie)).toBe('cleared')
    await shop.idle()
  })

  it('is not found by a reload', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    await shop.memory.destroy(keyOf(id))
    expect(await codeOf(session.reload())).toBe('ERR_SESSION_GONE')
    await session.release()
    await shop.idle()
  })

  it('that expired in the middle of a slow request lives as long as its lease, and is stored', async () => {
    const shop = openShop({ lifetime: { idleSeconds: 5 } })
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    open.session.set('n', 1)
    shop.clock.advance(6000)
    await open.commit()
    expect(await shop.peek(id)).toMatchObject({ n: 1 })
    await shop.idle()
  })
})

describe('two logouts of requests that merge, while the id changes', () => {
  it('are each answered when the session has ended, though the other has not come so far', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const [first, second] = [
      await visit(shop.sessions, id, { concurrency: 'merge' }),
      await visit(shop.sessions, id, { concurrency: 'merge' }),
    ]
    const rotating = await visit(shop.sessions, id)
    await rotating.session.regenerate()
    const successor = idIn((await rotating.commit()).setCookie) ?? ''
    // The first logout has found what became of the session, and gets no further.
    const destroy = shop.driver.destroy.bind(shop.driver)
    const stuck = Promise.withResolvers<never>()
    let calls = 0
    shop.driver.destroy = (key) => (key === keyOf(successor) && calls++ === 0 ? stuck.promise : destroy(key))
    const firstLogout = first.session.destroy()
    await expect.poll(() => calls).toBe(1)
    await second.session.destroy()
    expect(await shop.memory.read(keyOf(successor))).toBeUndefined()
    stuck.reject(new Error('the line is cut'))
    await firstLogout
    await Promise.all([first.commit(), second.commit()])
    await shop.idle()
  })
})
