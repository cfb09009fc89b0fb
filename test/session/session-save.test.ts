import { describe, expect, it } from 'vitest'
import { SessionError } from '../../src/session/errors.ts'
import { codeOf, failureOf, gate, openShop, visit } from '../manager/support/shop.ts'

describe('saving a session', () => {
  it('S-054: what was set is stored when save has resolved', async () => {
    const shop = openShop()
    const session = await shop.sessions.start()
    session.set('n', 1)
    await session.save()
    expect(await shop.peek(session.id)).toMatchObject({ n: 1 })
  })

  it('S-054 S-056: save throws when the value cannot be kept, nothing is written, and the lock is given back', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    session.set('callback', () => 1)
    const error = await failureOf(session.save())
    expect(error).toMatchObject({ code: 'ERR_SESSION_SERIALIZATION_FAILED' })
    expect(String(error)).toContain('callback')
    expect(shop.driver.methods).toEqual(['acquire', 'unlock'])
    expect(await shop.peek(id)).toMatchObject({ n: 0 })
    await shop.idle()
  })

  it('S-054: save throws when a new session cannot be inserted', async () => {
    const shop = openShop()
    const session = await shop.sessions.start()
    session.set('n', 1)
    shop.driver.failNext('insert', undefined, 9)
    expect(await codeOf(session.save())).toBe('ERR_SESSION_DRIVER_FAILED')
    await shop.idle()
  })

  it('S-054: save throws when all sessions of its user were ended while it was inserted, and inserts no other', async () => {
    const shop = openShop()
    const session = await shop.sessions.start()
    session.setUserId(7)
    shop.driver.failNext('insert', SessionError.gone())
    expect(await codeOf(session.save())).toBe('ERR_SESSION_GONE')
    expect((await shop.memory.list({ userId: '7' })).sessions).toEqual([])
    await shop.idle()
  })

  it('S-054: save throws when the commit fails', async () => {
    const shop = openShop()
    const session = await shop.sessions.start(await shop.stored())
    session.set('n', 1)
    shop.driver.failNext('commit')
    expect(await codeOf(session.save())).toBe('ERR_SESSION_DRIVER_FAILED')
    await shop.idle()
  })

  it('S-054: save throws when the session was ended meanwhile', async () => {
    const shop = openShop()
    const session = await shop.sessions.start(await shop.stored())
    session.set('n', 1)
    await shop.memory.destroy(shop.driver.keys[0] ?? expect.fail())
    expect(await codeOf(session.save())).toBe('ERR_SESSION_GONE')
    await shop.idle()
  })

  it('S-054: save throws when the lock was lost', async () => {
    const shop = openShop()
    const session = await shop.sessions.start(await shop.stored())
    session.set('n', 1)
    shop.clock.advance(10_001)
    expect(await codeOf(session.save())).toBe('ERR_SESSION_LOCK_LOST')
    await shop.idle()
  })

  it('S-054: a session of which a save failed never says that it was saved', async () => {
    const shop = openShop()
    const session = await shop.sessions.start(await shop.stored())
    session.set('n', 1)
    shop.driver.failNext('commit')
    const both = await Promise.allSettled([session.save(), session.save()])
    expect(both.map((one) => one.status)).toEqual(['rejected', 'rejected'])
    expect(await codeOf(session.save())).toBe('ERR_SESSION_DRIVER_FAILED')
    await shop.idle()
  })

  it('S-054: a session that was released was not saved, and save says so', async () => {
    const shop = openShop()
    const session = await shop.sessions.start(await shop.stored())
    session.set('n', 1)
    await session.release()
    expect(await codeOf(session.save())).toBe('ERR_SESSION_CLOSED')
    await shop.idle()
  })

  it('S-057 S-058: after save it is closed, still has its id, and a second save does nothing', async () => {
    const shop = openShop()
    const session = await shop.sessions.start()
    session.set('n', 1)
    await session.save()
    const { id } = session
    expect(session.isStarted).toBe(false)
    shop.driver.forget()
    await session.save()
    await Promise.all([session.save(), session.save()])
    expect(session.id).toBe(id)
    expect(shop.driver.methods).toEqual([])
    expect(session.get('n')).toBe(1)
    expect(() => session.set('n', 2)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CLOSED' }))
    for (const act of [session.regenerate(), session.invalidate(), session.destroy(), session.reload()]) {
      expect(await codeOf(act)).toBe('ERR_SESSION_CLOSED')
    }
  })

  it('S-059: start after save resumes the same session', async () => {
    const shop = openShop()
    const session = await shop.sessions.start()
    session.set('n', 1)
    await session.save()
    const { id } = session
    await session.start()
    expect(session.id).toBe(id)
    expect(session.isStarted).toBe(true)
    session.increment('n')
    await session.save()
    expect(await shop.peek(id)).toMatchObject({ n: 2 })
    await shop.idle()
  })

  it('S-059: start after a regeneration that was dropped resumes the session that is stored', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    await session.regenerate()
    expect(session.id).not.toBe(id)
    await session.release()
    expect(session.id).toBe(id)
    await session.start()
    expect(session.get('n')).toBe(0)
    await session.release()
    await shop.idle()
  })

  it('S-060: an empty session is not stored, nor is one whose data was taken out again', async () => {
    const { sessions, driver } = openShop()
    const session = await sessions.start()
    session.set('n', 1)
    session.forget('n')
    session.now('hint', 'only here')
    await session.save()
    expect(driver.methods).toEqual([])
  })

  it('save({ keepOpen: true }) stores and goes on under the lock', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    session.set('n', 1)
    await session.save({ keepOpen: true })
    expect(session.isStarted).toBe(true)
    expect(session.isDirty).toBe(false)
    expect(await shop.peek(id)).toMatchObject({ n: 1 })
    const other = shop.sessions.start(id)
    session.increment('n')
    await session.save()
    expect((await other).get('n')).toBe(2)
    await (await other).release()
    await shop.idle()
  })

  it('save({ keepOpen: true }) of a new session locks it at once', async () => {
    const shop = openShop()
    const session = await shop.sessions.start()
    session.set('n', 1)
    await session.save({ keepOpen: true })
    expect(session.isNew).toBe(false)
    expect(shop.driver.methods).toEqual(['insert', 'acquire'])
    session.increment('n')
    await session.save()
    expect(await shop.peek(session.id)).toMatchObject({ n: 2 })
    await shop.idle()
  })

  it('save() inside an adapter stores at once and leaves the session open for the adapter', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    open.session.set('n', 1)
    await open.session.save()
    expect(await shop.peek(id)).toMatchObject({ n: 1 })
    expect(open.session.isStarted).toBe(true)
    open.session.set('n', 2)
    await open.commit()
    expect(await shop.peek(id)).toMatchObject({ n: 2 })
    await shop.idle()
  })

  it('what is set while a save is under way is stored by the commit', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    const arrived = gate()
    const answer = gate()
    shop.driver.afterNext('commit', async () => {
      arrived.open()
      await answer.opened
    })
    open.session.set('n', 1)
    const saving = open.session.save()
    await arrived.opened
    open.session.set('n', 2)
    open.session.flash('status', 'Saved')
    open.session.setUserId('ada')
    answer.open()
    await saving
    expect(open.session.isDirty).toBe(true)
    await open.commit()
    expect(await shop.peek(id)).toMatchObject({ n: 2 })
    const next = await shop.sessions.start(id)
    expect([next.getFlash('status'), next.userId]).toEqual(['Saved', 'ada'])
    await next.release()
    await shop.idle()
  })

  it('reload drops what was set and reads the session again', async () => {
    const shop = openShop()
    const id = await shop.stored((session) => session.set('list', [1]))
    const session = await shop.sessions.start(id)
    const list = session.get('list') as number[]
    list.push(2)
    session.set('n', 5)
    session.setUserId('ada')
    await session.regenerate()
    await session.reload()
    expect(session.id).toBe(id)
    expect(session.all()).toMatchObject({ list: [1] })
    expect([session.get('n'), session.userId, session.isDirty]).toEqual([undefined, undefined, false])
    session.set('m', 1)
    await session.save()
    expect(await shop.peek(id)).toEqual(expect.objectContaining({ list: [1], m: 1 }))
    await shop.idle()
  })

  it('reload of a new session empties it', async () => {
    const { sessions, driver } = openShop()
    const session = await sessions.start()
    session.set('n', 1)
    await session.reload()
    expect(session.all()).toEqual({})
    await session.save()
    expect(driver.methods).toEqual([])
  })

  it('release gives the lock back and stores nothing', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    session.set('n', 1)
    await session.release()
    await session.release()
    expect(session.isStarted).toBe(false)
    expect(await shop.peek(id)).toMatchObject({ n: 0 })
    await shop.idle()
  })

  it('S-056: await using gives the lock back however the block ends', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const broken = async (): Promise<void> => {
      await using session = await shop.sessions.start(id)
      session.set('n', 1)
      throw new Error('oops')
    }
    await expect(broken()).rejects.toThrow('oops')
    expect(await shop.peek(id)).toMatchObject({ n: 0 })
    {
      await using session = await shop.sessions.start(id)
      session.set('n', 1)
      await session.save()
    }
    expect(await shop.peek(id)).toMatchObject({ n: 1 })
    await shop.idle()
  })
})
