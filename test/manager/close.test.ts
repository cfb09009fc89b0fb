import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { turns } from './support/idle.ts'
import { codeOf, gate, keyOf, openShop, visit } from './support/shop.ts'

describe('closing a manager', () => {
  it('waits for open sessions to end, and closes the driver then', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    open.session.set('n', 1)
    const closing = shop.sessions.close()
    await turns(5)
    expect(shop.driver.methods).toEqual(['acquire'])
    await open.commit()
    await closing
    expect(shop.driver.methods).toEqual(['acquire', 'commit', 'close'])
    expect(await shop.peek(id)).toMatchObject({ n: 1 })
    await shop.idle()
  })

  it('waits without an end where it is told to, and warns of nothing', async () => {
    const warned = vi.spyOn(process, 'emitWarning')
    const shop = openShop()
    const holder = await shop.sessions.start(await shop.stored())
    const closing = shop.sessions.close({ waitSeconds: Infinity })
    await turns(3)
    expect(shop.driver.methods).toEqual(['acquire'])
    await holder.release()
    await closing
    expect(warned).not.toHaveBeenCalled()
  })

  it('waits for a driver that is being opened, then closes it, and begins to collect nothing', async () => {
    const timers = vi.spyOn(globalThis, 'setInterval')
    onTestFinished(() => timers.mockRestore())
    const shop = openShop({ collectEverySeconds: 10 })
    const opened = gate()
    shop.driver.beforeNext('open', () => opened.opened)
    const opening = shop.sessions.ready()
    const closing = shop.sessions.close()
    await turns(5)
    expect(shop.driver.methods).toEqual([])
    opened.open()
    await Promise.all([opening, closing])
    expect(shop.driver.methods).toEqual(['close'])
    expect(timers.mock.calls.map(([, ms]) => ms)).not.toContain(10_000)
  })

  it('leaves no timer that would keep the process', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const shop = openShop()
    await shop.sessions.ready()
    await shop.sessions.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([
    { waitSeconds: Number.NaN },
    { waitSeconds: -1 },
    { waitSeconds: -Infinity },
    { waitSeconds: '5' },
    { waitSeconds: null },
    { waitSecond: 5 },
  ])('refuses %j, and closes nothing', async (options: object) => {
    const shop = openShop()
    const id = await shop.stored()
    expect(await codeOf(shop.sessions.close(options))).toBe('ERR_SESSION_CONFIG')
    await shop.sessions.run(id, (session) => session.set('n', 1))
    expect(await shop.peek(id)).toMatchObject({ n: 1 })
    expect(shop.driver.methods).not.toContain('close')
  })

  it('serves those who wait already', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const holder = await visit(shop.sessions, id)
    const waiting = [1, 2, 3].map(() => shop.sessions.run(id, (session) => session.increment('n')))
    await turns(1)
    const closing = shop.sessions.close()
    await holder.commit()
    await Promise.all(waiting)
    await closing
    expect(shop.driver.methods.at(-1)).toBe('close')
    expect(shop.driver.methods.filter((method) => method === 'commit')).toHaveLength(3)
    expect(await shop.peek(id)).toMatchObject({ n: 3 })
    await shop.idle()
  })

  it('gives back what is not ended in time, and refuses who waits', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    open.session.set('n', 9)
    const waiting = codeOf(shop.sessions.start(id))
    await shop.sessions.close({ waitSeconds: 0 })
    expect(await waiting).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(open.session.signal.aborted).toBe(true)
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_LOCK_LOST')
    expect(shop.driver.methods).toEqual(['acquire', 'unlock', 'close'])
    expect(await shop.peek(id)).toMatchObject({ n: 0 })
    await shop.idle()
  })

  it('ends the wait of one who asks the store again and again', async () => {
    const shop = openShop()
    const id = await shop.stored()
    await shop.memory.acquire(keyOf(id), { token: 'f'.repeat(32), leaseMs: 1_000_000 })
    const waiting = codeOf(shop.sessions.start(id))
    await turns(2)
    await shop.sessions.close({ waitSeconds: 0 })
    expect(await waiting).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(shop.driver.methods.at(-1)).toBe('close')
  })

  it('waits for what goes on in the background', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const unlocked = gate()
    shop.driver.beforeNext('unlock', () => unlocked.opened)
    await shop.sessions.run(id, () => undefined)
    const closing = shop.sessions.close({ waitSeconds: 5 })
    await turns(5)
    expect(shop.driver.methods).toEqual(['acquire', 'unlock'])
    unlocked.open()
    await closing
    expect(shop.driver.methods.at(-1)).toBe('close')
    await shop.idle()
  })

  it('refuses every start afterwards, and from the moment that it was called', async () => {
    const shop = openShop({ onStoreError: 'anonymous' })
    const id = await shop.stored()
    const idle = shop.sessions.create()
    const saved = await shop.sessions.start(id)
    await saved.save()
    const closing = shop.sessions.close()
    for (const start of [
      () => shop.sessions.start(id),
      () => shop.sessions.start(),
      () => shop.sessions.run(id, () => undefined),
      () => visit(shop.sessions, id),
      () => visit(shop.sessions),
      () => shop.sessions.ready(),
      () => shop.sessions.collect(),
    ]) {
      expect(await codeOf(start())).toBe('ERR_SESSION_DRIVER_FAILED')
    }
    await closing
    for (const start of [() => idle.start(id), () => saved.start(), () => shop.sessions.start(id)]) {
      expect(await codeOf(start())).toBe('ERR_SESSION_DRIVER_FAILED')
    }
    expect(() => shop.sessions.startCollector({ everySeconds: 1 })).toThrow(expect.objectContaining({ code: 'ERR_SESSION_DRIVER_FAILED' }))
    expect(shop.driver.methods).toEqual(['acquire', 'unlock', 'close'])
  })

  it('a new session that is under way can be stored until the driver is closed, and never after', async () => {
    const shop = openShop()
    await shop.stored()
    const [early, late] = [await visit(shop.sessions), await visit(shop.sessions)]
    early.session.set('n', 1)
    late.session.set('n', 1)
    const holder = await shop.sessions.start(await shop.stored())
    const closing = shop.sessions.close()
    expect((await early.commit()).setCookie).toBeDefined()
    await holder.release()
    await closing
    expect(await codeOf(Promise.resolve(late.commit()))).toBe('ERR_SESSION_DRIVER_FAILED')
  })

  it('a session whose lock came only after that can be stored as long as the driver is open', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const slow = gate()
    shop.driver.beforeNext('acquire', () => slow.opened)
    const opening = visit(shop.sessions, id)
    await turns(3)
    const closing = shop.sessions.close({ waitSeconds: 0 })
    await turns(5)
    slow.open()
    const open = await opening
    open.session.set('n', 7)
    await open.commit()
    await closing
    expect(shop.driver.methods).toEqual(['acquire', 'commit', 'close'])
    expect(await shop.peek(id)).toMatchObject({ n: 7 })
  })

  it('twice is as good as once, and the second call waits as well', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const holder = await shop.sessions.start(id)
    let closed = 0
    const both = [shop.sessions.close(), shop.sessions.close()].map((each) => each.then(() => (closed += 1)))
    await turns(3)
    expect(closed).toBe(0)
    await holder.release()
    await Promise.all(both)
    await shop.sessions.close()
    expect(shop.driver.methods.filter((method) => method === 'close')).toHaveLength(1)
  })

  it('while the store is being opened leaves nothing running', async () => {
    const shop = openShop()
    const opened = gate()
    shop.driver.beforeNext('open', () => opened.opened)
    const ready = shop.sessions.ready()
    const closing = shop.sessions.close()
    opened.open()
    await ready
    await closing
    expect(shop.driver.calls.map((call) => call.method)).toEqual(['open', 'close'])
    expect(await codeOf(shop.sessions.start('a'.repeat(40)))).toBe('ERR_SESSION_DRIVER_FAILED')
  })

  it('of a store that never opened is fine', async () => {
    const shop = openShop()
    shop.driver.failNext('open')
    expect(await codeOf(shop.sessions.ready())).toBe('ERR_SESSION_DRIVER_FAILED')
    await shop.sessions.close()
    expect(shop.driver.methods).toEqual(['close'])
  })

  it('happens at the end of an await using block', async () => {
    const shop = openShop()
    {
      await using sessions = shop.another()
      await sessions.ready()
    }
    expect(shop.driver.methods).toEqual(['close'])
  })
})
