import { AsyncResource } from 'node:async_hooks'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { RecordWrite } from '../../src/contracts/driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import type { StoreKey } from '../../src/session/id.ts'
import type { Session } from '../../src/session/session.ts'
import { turns } from './support/idle.ts'
import { begin, openCounter } from './support/merging.ts'
import { codeOf, visit } from './support/shop.ts'
import { withoutLocks } from './support/without-locks.ts'

const MERGE = { concurrency: 'merge' } as const

describe('a session that merges', () => {
  it('is not told as stored where it set what another was about to, and that one failed', async () => {
    const { sessions, driver, id, peek } = await openCounter((session) => session.set('n', 0))
    const both = await Promise.all([1, 2].map(() => begin(sessions, id, (session) => session.set('n', 1))))
    driver.failNext('update')
    const ended = await Promise.allSettled(both.map(({ end }) => end()))
    expect(ended.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await peek(id)).toMatchObject({ n: 0 })
  })

  it('and where both set the same, one write is enough for both', async () => {
    const { sessions, driver, id, peek } = await openCounter((session) => session.set('n', 0))
    const both = await Promise.all([1, 2].map(() => begin(sessions, id, (session) => session.set('n', 1))))
    driver.forget()
    await Promise.all(both.map(({ end }) => end()))
    expect(driver.methods).toEqual(['update'])
    expect(await peek(id)).toMatchObject({ n: 1 })
  })

  it.each([
    ['setting what was there', (session) => session.set('n', 0), { n: 5 }],
    ['removing what was not there', (session) => session.forget('m'), { m: 5 }],
  ] satisfies [string, (session: Session) => void, object][])(
    'does nothing again that a save in the middle had nothing to store of: %s',
    async (_title, operation, theirs) => {
      const { sessions, id, peek } = await openCounter((session) => session.set('n', 0))
      const slow = await begin(sessions, id, async (session) => {
        operation(session)
        await session.save()
      })
      const other = await begin(sessions, id, (session) => {
        for (const [key, value] of Object.entries(theirs)) session.set(key, value)
      })
      await other.end()
      slow.session.set('late', true)
      await slow.end()
      expect(await peek(id)).toMatchObject({ ...theirs, late: true })
    },
  )

  it('gives the lock back that it took after a save had failed', async () => {
    const { sessions, driver, id, idle } = await openCounter((session) => session.set('n', 0))
    const merging = await begin(sessions, id, (session) => session.set('n', 1))
    driver.failNext('update')
    expect(await codeOf(merging.session.save())).toBe('ERR_SESSION_DRIVER_FAILED')
    await merging.session.regenerate()
    expect(await codeOf(merging.end())).toBe('ERR_SESSION_DRIVER_FAILED')
    await idle()
  })

  it.each([
    ['read', (session) => session.reload()],
    ['acquire', (session) => session.regenerate()],
  ] satisfies ['read' | 'acquire', (session: Session) => Promise<void>][])(
    'says what failed in the words of this library when %s of a store of somebody else fails',
    async (method, act) => {
      const { sessions, driver, id } = await openCounter((session) => session.set('n', 0))
      const merging = await begin(sessions, id)
      driver.failNext(method, new Error('down'))
      expect(await codeOf(act(merging.session))).toBe('ERR_SESSION_DRIVER_FAILED')
      await merging.end()
    },
  )

  it('does nothing again that was refused', async () => {
    const { both } = await openCounter((session) => session.set('list', [1]))
    const after = await both(
      (session) => session.set('a', 1),
      (session) => {
        expect(() => session.increment('list.5')).toThrow(expect.objectContaining({ code: 'ERR_SESSION_INVALID_ARGUMENT' }))
        session.set('b', 1)
      },
    )
    expect(after).toEqual({ list: [1], a: 1, b: 1 })
  })

  it('shows for now what another flashes for the next request, and leaves that', async () => {
    const { sessions, id } = await openCounter((session) => session.set('n', 0))
    const showing = await begin(sessions, id, (session) => {
      session.now('status', 'here')
      session.set('n', 1)
    })
    await (await begin(sessions, id, (session) => session.flash('status', 'saved'))).end()
    await showing.end()
    expect((await sessions.start(id, { concurrency: 'readonly' })).flashes.visible()).toEqual({ status: 'saved' })
  })

  it('and takes back for good what it had flashed itself', async () => {
    const { sessions, id } = await openCounter((session) => session.set('n', 0))
    const showing = await begin(sessions, id, (session) => {
      session.flash('status', 'saved')
      session.now('status', 'here')
    })
    showing.session.set('n', 1)
    await (await begin(sessions, id, (session) => session.set('m', 1))).end()
    await showing.end()
    expect((await sessions.start(id, { concurrency: 'readonly' })).flashes.visible()).toEqual({})
  })

  it('still shows what it was shown after a save on what others have stored', async () => {
    const { sessions, id } = await openCounter((session) => session.flash('status', 'saved'))
    const slow = await begin(sessions, id, (session) => session.set('n', 1))
    await (await begin(sessions, id, (session) => session.set('m', 1))).end()
    await slow.session.save()
    expect(slow.session.getFlash('status')).toBe('saved')
    await slow.end()
    expect((await sessions.start(id, { concurrency: 'readonly' })).flashes.visible()).toEqual({})
  })

  it('gives nobody the proof of another: who was asked again is not who logged in meanwhile', async () => {
    const { sessions, id } = await openCounter((session) => session.setUserId('ada'))
    const asked = await begin(sessions, id, (session) => session.markAuthenticated({ level: 2 }))
    await (await begin(sessions, id, (session) => session.setUserId('eve'))).end()
    expect(await codeOf(asked.end())).toBe('ERR_SESSION_CONFLICT')
    const now = await sessions.start(id, { concurrency: 'readonly' })
    expect([now.userId, now.level, now.isFresh({ withinSeconds: 60 })]).toEqual(['eve', 0, false])
  })

  it('counts a proof from when it is stored, also where another is stored with it', async () => {
    const { sessions, id, clock } = await openCounter((session) => session.setUserId('ada'))
    const proving = await begin(sessions, id, (session) => session.markAuthenticated())
    const other = await begin(sessions, id, (session) => session.set('n', 1))
    const steady = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 30_000)
    onTestFinished(() => steady.mockRestore())
    clock.advance(30_000)
    await Promise.all([proving.end(), other.end()])
    const now = await sessions.start(id, { concurrency: 'readonly' })
    expect(now.authenticatedAt).toBeGreaterThan(clock.now() - 1000)
  })

  it('stores no half of itself when regenerate found a conflict and its handler went on', async () => {
    const { sessions, id, peek, idle } = await openCounter((session) => session.set('cart', { n: 1 }))
    const late = await begin(sessions, id, (session) => {
      session.set('before', 1)
      session.set('cart.m', 2)
    })
    await (await begin(sessions, id, (session) => session.forget('cart'))).end()
    const before = await peek(id)
    expect(await codeOf(late.session.regenerate())).toBe('ERR_SESSION_CONFLICT')
    expect(await codeOf(late.end())).toBe('ERR_SESSION_CONFLICT')
    expect(await peek(id)).toEqual(before)
    await idle()
  })

  it('reads again what has another id by now, and sends its cookie', async () => {
    const { sessions, id, peek } = await openCounter((session) => session.set('n', 3))
    const slow = await begin(sessions, id, (session) => session.set('n', 4))
    const next = await (await begin(sessions, id, (session) => session.regenerate(), {})).end()
    await slow.session.reload()
    expect(slow.session.get('n')).toBe(3)
    slow.session.set('m', 1)
    expect(await slow.end()).toBe(next)
    expect(await peek(next ?? '')).toMatchObject({ n: 3, m: 1 })
  })

  it('and cannot read again what was ended', async () => {
    const { sessions, id } = await openCounter((session) => session.set('n', 3))
    const slow = await begin(sessions, id)
    await sessions.run(id, (session) => session.destroy())
    expect(await codeOf(slow.session.reload())).toBe('ERR_SESSION_GONE')
  })

  it('that was invalidated takes no lock for the id that was to change', async () => {
    const { sessions, id, clock, driver } = await openCounter((session) => session.set('n', 0), { lifetime: { rotateEverySeconds: 100 } })
    clock.advance(100_000)
    const request = await begin(sessions, id, async (session) => {
      await session.invalidate()
      session.set('n', 1)
      await session.save()
      session.set('n', 2)
    })
    driver.forget()
    await request.end()
    expect(driver.methods).toEqual(['update'])
  })
})

describe('a session that merges beside one that has the lock', () => {
  it.each([
    ['where one process is all there is', () => new SessionManager({ driver: withoutLocks(), assumeSingleProcess: true })],
    ['with leases', () => new SessionManager({ driver: new MemoryDriver() })],
  ])('does not overtake it: %s', async (_title, make) => {
    const sessions = make()
    onTestFinished(() => sessions.close())
    const first = await sessions.start()
    first.set('n', 0)
    await first.save()
    const holding = await begin(sessions, first.id, (session) => session.set('n', Number(session.get('n')) + 10), {})
    const merging = await begin(sessions, first.id, (session) => session.increment('n'))
    const ended = merging.end()
    await turns()
    await holding.end()
    await ended
    expect((await sessions.start(first.id, { concurrency: 'readonly' })).get('n')).toBe(11)
  })

  it('and logs in without a conflict where a driver keeps no locks', async () => {
    const sessions = new SessionManager({ driver: withoutLocks(), concurrency: 'merge' })
    onTestFinished(() => sessions.close())
    const first = await sessions.start()
    first.set('n', 0)
    await first.save()
    const login = await begin(sessions, first.id, (session) => [session.setUserId('ada'), session.increment('n')])
    const others = await Promise.all([1, 2].map(() => begin(sessions, first.id, (session) => session.increment('n'))))
    await Promise.all([login, ...others].map(({ end }) => end()))
    const now = await sessions.start(first.id, { concurrency: 'readonly' })
    expect([now.userId, now.get('n')]).toEqual(['ada', 3])
  })

  it('is refused alone where it waits for itself', async () => {
    const { sessions, id, peek } = await openCounter((session) => session.set('n', 0))
    const outer = await visit(sessions, id)
    const other = await begin(sessions, id, (session) => session.increment('n'))
    const endOther = AsyncResource.bind(other.end) // Outside of the handler.
    const ended = await outer.run(async () => {
      const inner = await begin(sessions, id, (session) => session.increment('n', 10))
      const refused = codeOf(inner.end())
      const waiting = endOther()
      expect(await refused).toBe('ERR_SESSION_LOCK_SELF')
      return [waiting]
    })
    await outer.commit()
    await Promise.all(ended)
    expect(await peek(id)).toMatchObject({ n: 1 })
  })
})

/** A store that somebody logs in while it inserts. */
class SlowStore extends MemoryDriver {
  whileInserting: (() => void) | undefined
  override insert(key: StoreKey, record: RecordWrite): ReturnType<MemoryDriver['insert']> {
    this.whileInserting?.()
    return super.insert(key, record)
  }
}

describe('a login in a session that merges', () => {
  async function openLimited() {
    const driver = new SlowStore()
    const sessions = new SessionManager({ driver, maxPerUser: { sessions: 1, whenReached: 'refuse' } })
    onTestFinished(() => sessions.close())
    await sessions.run(undefined, (session) => session.setUserId('ada'))
    const loginsOf = async (userId: string): Promise<number> => (await driver.list({ userId })).sessions.length
    return { driver, sessions, loginsOf }
  }

  it('is counted, also where it was made while the new session was being stored', async () => {
    const { driver, sessions, loginsOf } = await openLimited()
    const open = await visit(sessions, [], MERGE)
    const { session } = open
    session.set('n', 1)
    driver.whileInserting = () => session.setUserId('ada')
    await session.save()
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_LIMIT')
    expect(await loginsOf('ada')).toBe(1)
  })

  it('that was stored as a new session needs no lock for what comes after it', async () => {
    const { sessions, driver } = await openCounter((session) => session.set('n', 0))
    const open = await visit(sessions, [], MERGE)
    open.session.setUserId('ada')
    await open.session.save()
    open.session.set('n', 1)
    await open.commit()
    expect(driver.methods).toEqual(['insert', 'update'])
  })

  it('that is one too many keeps nobody else from storing', async () => {
    const { sessions, loginsOf } = await openLimited()
    const id = await sessions.run(undefined, (session) => [session.set('n', 0), session.id] as const).then(([, made]) => made)
    const login = await begin(sessions, id, (session) => session.setUserId('ada'))
    const other = await begin(sessions, id, (session) => session.increment('n'))
    const ended = await Promise.allSettled([login.end(), other.end()])
    expect(ended.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
    expect(await loginsOf('ada')).toBe(1)
    expect((await sessions.start(id, { concurrency: 'readonly' })).get('n')).toBe(1)
  })
})
