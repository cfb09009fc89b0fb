import { describe, expect, it } from 'vitest'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { begin, openCounter } from './support/merging.ts'
import { codeOf, keyOf, visit } from './support/shop.ts'
import { told } from '../support/visits.ts'

const MERGE = { concurrency: 'merge' } as const

describe('parallel requests that merge', () => {
  it('keep what each of them set', async () => {
    const { both } = await openCounter((session) => session.set('n', 0))
    expect(
      await both(
        (session) => session.set('a', 1),
        (session) => session.set('b.c', [2]),
      ),
    ).toEqual({ n: 0, a: 1, b: { c: [2] } })
  })

  it('add their increments up', async () => {
    const { both } = await openCounter((session) => session.set('n', 5))
    expect(
      await both(
        (session) => session.increment('n', 2),
        (session) => expect(session.increment('n')).toBe(6),
      ),
    ).toEqual({ n: 8 })
  })

  it('let the later one have its way where both set one key', async () => {
    const { both } = await openCounter((session) => session.set('n', 0))
    expect(
      await both(
        (session) => session.set('n', 1),
        (session) => session.set('n', 2),
      ),
    ).toEqual({ n: 2 })
  })

  it('do all operations of one, in its order', async () => {
    const { both } = await openCounter((session) => session.set('old', 1))
    expect(
      await both(
        (session) => session.set('other', 1),
        (session) => {
          session.clear()
          session.set('a', { n: 1 })
          session.increment('a.n')
          session.set('b', 1)
          session.forget('b')
        },
      ),
    ).toEqual({ a: { n: 2 } })
  })

  it('refuse what cannot be copied as others do, by its path', async () => {
    const { both } = await openCounter((session) => session.set('n', 0))
    const spent = new Uint8Array(8)
    structuredClone(spent, { transfer: [spent.buffer] })
    const storing = both(
      (session) => session.set('n', 1),
      (session) => session.set('files.last', { bytes: spent }),
    )
    await expect(storing).rejects.toThrow("Failed to serialize session data. 'files.last.bytes' cannot be read: see the cause.")
  })

  it('keep a value as it was when it was set, and hand out frozen copies', async () => {
    const { both } = await openCounter((session) => session.set('list', [1]))
    const basket = { items: ['book'] }
    expect(
      await both(
        (session) => session.set('n', 1),
        (session) => {
          session.set('basket', basket)
          basket.items.push('pen')
          expect(() => (session.get('list') as number[]).push(2)).toThrow(TypeError)
          expect(() => (session.get('basket.items') as string[]).push('cup')).toThrow(TypeError)
        },
      ),
    ).toEqual({ list: [1], n: 1, basket: { items: ['book'] } })
  })

  it('are refused what would be half kept, as all requests are', async () => {
    const { sessions, id, peek } = await openCounter((session) => session.set('n', 0))
    for (const value of [Buffer.from('x'), new (class extends Map {})(), 'abc'.match(/b/)]) {
      const merging = await begin(sessions, id, (session) => session.set('value', value))
      expect(await codeOf(merging.end())).toBe('ERR_SESSION_SERIALIZATION_FAILED')
    }
    expect(await peek(id)).not.toHaveProperty('value')
  })

  it('have two round trips when they are alone, one when they change nothing, and take no lock', async () => {
    const { sessions, driver, id } = await openCounter((session) => session.set('n', 0))
    await (await begin(sessions, id, (session) => session.increment('n'))).end()
    expect(driver.methods).toEqual(['read', 'update'])
    driver.forget()
    await (await begin(sessions, id, (session) => session.get('n'))).end()
    expect(driver.methods).toEqual(['read'])
  })

  it('do not wait for each other, and the third of three that were overtaken reads anew', async () => {
    const { sessions, driver, id, peek } = await openCounter((session) => session.set('n', 0))
    const three = [1, 2, 3].map(() => begin(sessions, id, (session) => session.increment('n')))
    for (const one of await Promise.all(three)) await one.end()
    expect(driver.methods).toEqual(['read', 'read', 'read', 'update', 'update', 'read', 'update', 'update', 'read', 'update'])
    expect(await peek(id)).toMatchObject({ n: 3 })
  })

  it('take the lock for the last of five tries', async () => {
    const { sessions, driver, id, peek, memory } = await openCounter((session) => session.set('n', 0))
    const slow = await begin(sessions, id, (session) => session.increment('n', 10))
    const quick = new SessionManager({ driver: memory })
    for (let times = 0; times < 4; times++) driver.beforeNext('update', () => quick.run(id, (session) => void session.increment('n')))
    await slow.end()
    expect(driver.methods).toEqual(['read', 'update', 'read', 'update', 'read', 'update', 'read', 'update', 'acquire', 'commit'])
    expect(await peek(id)).toMatchObject({ n: 14 })
  })

  it('wait for who has the lock, and store on top of that', async () => {
    const { sessions, id, peek, idle } = await openCounter((session) => session.set('n', 0))
    const merging = await begin(sessions, id, (session) => session.increment('n'))
    const exclusive = await begin(sessions, id, (session) => session.set('n', Number(session.get('n')) + 10), {})
    const ended = merging.end()
    await exclusive.end()
    await ended
    expect(await peek(id)).toMatchObject({ n: 11 })
    await idle()
  })

  it('bring back nothing that was ended meanwhile', async () => {
    const { sessions, id, peek } = await openCounter((session) => session.set('n', 0))
    const gone = told(sessions, 'refused')
    const merging = await begin(sessions, id, (session) => session.increment('n'))
    await sessions.run(id, (session) => session.destroy())
    expect(await merging.end()).toBeUndefined()
    expect(await peek(id)).toBeUndefined()
    expect(gone.map(({ reason }) => reason)).toEqual(['gone'])
  })

  it('follow a session whose id changed by itself meanwhile, and send its cookie', async () => {
    const { sessions, id, peek } = await openCounter((session) => session.set('n', 0))
    const merging = await begin(sessions, id, (session) => session.increment('n'))
    const next = await (await begin(sessions, id, (session) => session.regenerate(), {})).end()
    expect(await merging.end()).toBe(next)
    expect(await peek(next ?? '')).toMatchObject({ n: 1 })
  })

  it('and not one that a login gave another id', async () => {
    const { sessions, id, peek } = await openCounter((session) => session.set('n', 0))
    const merging = await begin(sessions, id, (session) => session.increment('n'))
    const next = await (await begin(sessions, id, (session) => session.regenerate({ destroy: true }), {})).end()
    expect(await merging.end()).toBeUndefined()
    expect(await peek(next ?? '')).toMatchObject({ n: 0 })
  })

  it('insert a new session, and go on with it after a save without its lock', async () => {
    const { sessions, driver, peek } = await openCounter((session) => session.set('n', 0))
    const open = await visit(sessions, [], MERGE)
    open.session.set('a', 1)
    await open.session.save()
    open.session.set('b', 2)
    await open.commit()
    expect(driver.methods).toEqual(['insert', 'update'])
    expect(await peek(open.session.id)).toMatchObject({ a: 1, b: 2 })
  })

  it('store once what was saved in the middle', async () => {
    const { sessions, id, peek } = await openCounter((session) => session.set('n', 0))
    const slow = await begin(sessions, id, async (session) => {
      session.increment('n')
      await session.save()
      session.increment('n')
    })
    await (await begin(sessions, id, (session) => session.increment('n'))).end()
    await slow.end()
    expect(await peek(id)).toMatchObject({ n: 3 })
  })

  it('and nothing of a write that came too late', async () => {
    const { sessions, driver, id, peek } = await openCounter((session) => session.set('n', 0))
    const slow = await begin(sessions, id, (session) => session.increment('n'))
    await (await begin(sessions, id, (session) => session.increment('n'))).end()
    driver.beforeNext('read', () =>
      expect(() => slow.session.set('late', 1)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CLOSED' })),
    )
    await slow.end()
    expect(await peek(id)).toMatchObject({ n: 2 })
    expect(await peek(id)).not.toHaveProperty('late')
  })

  it('drop what was set by a reload', async () => {
    const { both } = await openCounter((session) => session.set('n', 0))
    expect(
      await both(
        (session) => session.set('a', 1),
        async (session) => {
          session.increment('n')
          await session.reload()
          session.set('b', 1)
        },
      ),
    ).toEqual({ n: 0, a: 1, b: 1 })
  })
})

describe('what needs the lock in a session that merges', () => {
  it('a login is stored under it, on what others stored', async () => {
    const { sessions, driver, id, memory } = await openCounter((session) => session.set('n', 0))
    const login = await begin(sessions, id, (session) => {
      session.setUserId('ada')
      session.increment('n')
    })
    await (await begin(sessions, id, (session) => session.increment('n'))).end()
    driver.forget()
    await login.end()
    expect(driver.methods).toEqual(['acquire', 'commit'])
    const found = await memory.read(keyOf(id))
    expect(found).toMatchObject({ record: { userId: 'ada', payload: expect.stringContaining('"n":2') } })
  })

  it('and so is one that only turns out to be one on what others stored', async () => {
    const { sessions, id, memory, driver } = await openCounter((session) => session.setUserId('ada'))
    const same = await begin(sessions, id, (session) => session.setUserId('ada'))
    same.session.set('n', 1)
    await (await begin(sessions, id, (session) => session.setUserId(null))).end()
    driver.forget()
    await same.end()
    expect(driver.methods).toEqual(['update', 'read', 'acquire', 'commit'])
    expect(await memory.read(keyOf(id))).toMatchObject({ record: { userId: 'ada' } })
  })

  it('the level of somebody else is not taken over by a login', async () => {
    const { sessions, id } = await openCounter((session) => session.setUserId('ada'))
    const login = await begin(sessions, id, (session) => session.setUserId('eve'))
    await (await begin(sessions, id, (session) => session.markAuthenticated({ level: 2 }))).end()
    await login.end()
    const now = await sessions.start(id, { concurrency: 'readonly' })
    expect([now.userId, now.level]).toEqual(['eve', 0])
  })

  it('a new id is made under it, and the session goes on with all data', async () => {
    const { sessions, driver, id, peek, idle } = await openCounter((session) => session.set('n', 0))
    const login = await begin(sessions, id, async (session) => {
      session.increment('n')
      await (await begin(sessions, id, (other) => other.increment('n'))).end()
      driver.forget()
      await session.regenerate({ destroy: true })
      session.setUserId('ada')
    })
    const next = await login.end()
    expect(driver.methods).toEqual(['acquire', 'replace'])
    expect(await peek(next ?? '')).toMatchObject({ n: 2 })
    await idle()
  })

  it('invalidate ends it at once, and what was set before is in no new one', async () => {
    const { sessions, id, peek } = await openCounter((session) => session.set('n', 0))
    const request = await begin(sessions, id, async (session) => {
      session.increment('n')
      await session.invalidate()
      session.set('a', 1)
    })
    expect(await peek(id)).toBeUndefined()
    await request.end()
    const { _token, ...rest } = (await peek(request.session.id)) ?? {}
    expect(rest).toEqual({ a: 1 })
  })
})
