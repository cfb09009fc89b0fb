import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { turns } from './support/idle.ts'
import { codeOf, failureOf, visit } from './support/shop.ts'
import { fakeTime, noted, openWatchedShop } from './support/watching.ts'

beforeEach(fakeTime)
afterEach(() => void vi.useRealTimers())

describe('a session that is watched', () => {
  it('is told at once to have ended, where the same manager logged it out', async () => {
    const shop = openWatchedShop()
    const id = await shop.stored()
    const watching = noted((await shop.sessions.start(id, { concurrency: 'readonly' })).watch())
    await shop.pass(1)
    expect(watching.reason).toBeUndefined()
    await shop.sessions.run(id, (session) => session.destroy())
    await turns(3)
    expect(watching.reason).toBe('revoked')
  })

  it('is told at once to have ended, where the same manager replaced it by a login', async () => {
    const shop = openWatchedShop()
    const id = await shop.stored()
    const watching = noted((await shop.sessions.start(id, { concurrency: 'readonly' })).watch())
    await shop.sessions.run(id, (session) => session.regenerate({ destroy: true }))
    await turns(3)
    expect(watching.reason).toBe('revoked')
  })

  it('is told at the next look to have ended in another process, and no earlier', async () => {
    const shop = openWatchedShop()
    const id = await shop.stored()
    const watching = noted((await shop.sessions.start(id, { concurrency: 'readonly' })).watch())
    await shop.pass(20)
    await shop.another().run(id, (session) => session.invalidate())
    await shop.pass(9)
    expect(watching.reason).toBeUndefined()
    await shop.pass(1)
    expect(watching.reason).toBe('revoked')
  })

  it('is looked at as often as was asked for', async () => {
    const shop = openWatchedShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id, { concurrency: 'readonly' })
    shop.driver.forget()
    const watching = noted(session.watch({ everySeconds: 2 }))
    await shop.pass(1)
    expect(shop.reads()).toBe(0)
    await shop.pass(9)
    expect(shop.reads()).toBe(5)
    await shop.another().run(id, (other) => other.destroy())
    await shop.pass(2)
    expect(watching.reason).toBe('revoked')
    shop.driver.forget()
    await shop.pass(10)
    expect(shop.reads()).toBe(0)
  })

  it('can be open, held, committed, saved, released or opened long ago', async () => {
    const shop = openWatchedShop({ lifetime: { idleSeconds: 1_000_000 } })
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    const watchings = [noted(open.session.watch())]
    await open.commit()
    watchings.push(noted(open.session.watch()))
    const saved = await shop.sessions.start(id)
    saved.set('n', 1)
    await saved.save()
    watchings.push(noted(saved.watch()))
    const released = await shop.sessions.start(id)
    await released.release()
    await shop.pass(1000)
    watchings.push(noted(released.watch()))
    await turns(3)
    expect(watchings.map(({ reason }) => reason)).toEqual([undefined, undefined, undefined, undefined])
    await shop.sessions.run(id, (session) => session.destroy())
    await turns(3)
    expect(watchings.map(({ reason }) => reason)).toEqual(['revoked', 'revoked', 'revoked', 'revoked'])
  })

  it('is looked at right away, where it was read longer ago than somebody wants to wait', async () => {
    const shop = openWatchedShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id, { concurrency: 'readonly' })
    await shop.another().run(id, (other) => other.destroy())
    await shop.pass(60)
    const watching = noted(session.watch())
    await vi.advanceTimersByTimeAsync(0)
    await turns(3)
    expect(watching.reason).toBe('revoked')
  })

  it('that this very request has destroyed has ended', async () => {
    const shop = openWatchedShop()
    const open = await visit(shop.sessions, await shop.stored())
    await open.session.destroy()
    expect(await open.session.watch()).toEqual({ reason: 'revoked' })
  })

  it('with a key that is the id itself is told of as well', async () => {
    const shop = openWatchedShop({ hashIds: false })
    const ids = [await shop.stored(), await shop.stored()] as const
    const watchings: ReturnType<typeof noted>[] = []
    for (const id of ids) watchings.push(noted((await shop.sessions.start(id, { concurrency: 'readonly' })).watch()))
    await shop.sessions.run(ids[0], (session) => session.destroy())
    await turns(3)
    expect(watchings.map(({ reason }) => reason)).toEqual(['revoked', undefined])
  })
})

describe('watching is refused', () => {
  it('before the start', async () => {
    const shop = openWatchedShop()
    expect(await codeOf(shop.sessions.create().watch())).toBe('ERR_SESSION_NOT_STARTED')
  })

  it('while there is nothing stored, and says what to do', async () => {
    const shop = openWatchedShop()
    const session = await shop.sessions.start()
    const failure = await failureOf(session.watch())
    expect(failure).toMatchObject({ code: 'ERR_SESSION_INVALID_ARGUMENT', message: expect.stringContaining('Await save() first') })
    session.set('n', 1)
    expect(await codeOf(session.watch())).toBe('ERR_SESSION_INVALID_ARGUMENT')
    await session.save()
    const watching = noted(session.watch())
    await shop.pass(30)
    expect(watching.reason).toBeUndefined()
  })

  it('while a login is under way, which would seem to be the end of what it replaces', async () => {
    const shop = openWatchedShop()
    const open = await visit(shop.sessions, await shop.stored())
    await open.session.regenerate({ destroy: true })
    expect(await codeOf(open.session.watch())).toBe('ERR_SESSION_INVALID_ARGUMENT')
    await open.session.save()
    const watching = noted(open.session.watch())
    await open.commit()
    await shop.pass(30)
    expect(watching.reason).toBeUndefined()
  })

  it('but again once the login was dropped', async () => {
    const shop = openWatchedShop()
    const id = await shop.stored()
    const { session } = await visit(shop.sessions, id)
    await session.regenerate({ destroy: true })
    await session.release()
    const watching = noted(session.watch({ everySeconds: 5 }))
    await shop.pass(10)
    expect([session.id, watching.reason]).toEqual([id, undefined])
    await shop.sessions.run(id, (other) => other.destroy())
    await shop.pass(10)
    expect(watching.reason).toBe('revoked')
  })

  it.each([
    [{ everySeconds: 0 }, 'watch.everySeconds'],
    [{ everySeconds: -1 }, 'watch.everySeconds'],
    [{ everySeconds: Number.NaN }, 'watch.everySeconds'],
    [{ everySeconds: Infinity }, 'watch.everySeconds'],
    [{ everySeconds: 2_147_484 }, 'watch.everySeconds'],
    [{ everySeconds: '15' }, 'watch.everySeconds'],
    [{ seconds: 15 }, 'watch.seconds'],
    [{ signal: {} }, 'watch.signal'],
    [null, 'watch'],
  ])('with an option that cannot work: %j', async (options: unknown, option) => {
    const shop = openWatchedShop()
    const session = await shop.sessions.start(await shop.stored(), { concurrency: 'readonly' })
    const watch: (given: unknown) => Promise<unknown> = session.watch.bind(session) as never
    const failure = await failureOf(watch(options))
    expect(failure).toMatchObject({ code: 'ERR_SESSION_CONFIG', message: expect.stringContaining(`'${option}'`) })
  })
})
