import { describe, expect, it } from 'vitest'
import { codeOf, gate, idIn, keyOf, openShop, visit } from './support/shop.ts'

describe('what is not awaited', () => {
  it('a save before the end of the response is done before it', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    open.session.set('n', 1)
    const saving = open.session.save()
    open.session.set('m', 2)
    await open.commit()
    await saving
    expect(await shop.peek(id)).toMatchObject({ n: 1, m: 2 })
    await shop.idle()
  })

  it('a save of a new session before the end of the response sends its cookie', async () => {
    const shop = openShop()
    const open = await visit(shop.sessions)
    open.session.set('n', 1)
    const saving = open.session.save()
    const sent = idIn((await open.commit()).setCookie) ?? ''
    await saving
    expect(await shop.peek(sent)).toMatchObject({ n: 1 })
    await shop.idle()
  })

  it('two saves at once are both stored, and neither is lost', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    open.session.set('a', 1)
    const first = open.session.save()
    open.session.set('b', 2)
    const second = open.session.save()
    open.session.set('c', 3)
    await Promise.all([first, second])
    expect(await shop.peek(id)).toMatchObject({ a: 1, b: 2 })
    await open.commit()
    expect(await shop.peek(id)).toMatchObject({ a: 1, b: 2, c: 3 })
    await shop.idle()
  })

  it('a regenerate before the end of the response is committed with it', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    const regenerating = open.session.regenerate({ destroy: true })
    open.session.setUserId('ada')
    const sent = idIn((await open.commit()).setCookie) ?? ''
    await regenerating
    expect(sent).not.toBe(id)
    expect(await shop.memory.read(keyOf(sent))).toMatchObject({ record: { userId: 'ada' } })
    expect(await shop.memory.read(keyOf(id))).toMatchObject({ kind: 'marker' })
    await shop.idle()
  })

  it.each(['commit', 'discard'] as const)('a logout that stands behind a save is still done when the request ends (%s)', async (end) => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    open.session.set('n', 1)
    const acts = [open.session.save(), open.session.destroy()]
    const { setCookie } = await (end === 'commit' ? open.commit() : open.discard(new Error('oops')))
    await Promise.all(acts)
    expect(idIn(setCookie)).toBe('cleared')
    expect(await shop.memory.read(keyOf(id))).toBeUndefined()
    await shop.idle()
  })

  it('a login that stands behind a save is still done when the request ends', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    open.session.set('n', 1)
    const acts = [open.session.save(), open.session.regenerate({ destroy: true })]
    const sent = idIn((await open.commit()).setCookie) ?? ''
    await Promise.all(acts)
    expect(sent).not.toBe(id)
    expect(await shop.peek(sent)).toMatchObject({ n: 1 })
    expect(await shop.memory.read(keyOf(id))).toMatchObject({ kind: 'marker', marker: { reason: 'login' } })
    await shop.idle()
  })

  it('a release behind a save leaves what was saved, and nothing else', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    open.session.set('n', 1)
    const acts = [open.session.save(), open.session.release()]
    open.session.set('n', 2)
    await open.commit()
    await Promise.all(acts)
    expect(await shop.peek(id)).toMatchObject({ n: 1 })
    await shop.idle()
  })

  it('a start behind a save that closes opens the session again', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    session.set('n', 1)
    const saving = session.save()
    const starting = session.start()
    await Promise.all([saving, starting])
    expect([session.isStarted, session.get('n')]).toEqual([true, 1])
    session.increment('n')
    await session.save()
    expect(await shop.peek(id)).toMatchObject({ n: 2 })
    await shop.idle()
  })

  it('three regenerates at once end in one new id', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    await Promise.all([open.session.regenerate(), open.session.regenerate(), open.session.regenerate()])
    const sent = idIn((await open.commit()).setCookie) ?? ''
    expect(sent).toBe(open.session.id)
    expect((await shop.sessions.start(id, { concurrency: 'readonly' })).id).toBe(sent)
    await shop.idle()
  })
})

describe('what happens in the midst of something else', () => {
  it('a start while a save is under way waits for it', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    session.set('n', 1)
    const arrived = gate()
    const answer = gate()
    shop.driver.beforeNext('commit', async () => {
      arrived.open()
      await answer.opened
    })
    const saving = session.save()
    await arrived.opened
    const starting = session.start(id)
    answer.open()
    await Promise.all([saving, starting])
    expect([session.isStarted, session.get('n')]).toEqual([true, 1])
    await session.release()
    await shop.idle()
  })

  it('a commit waits for the destroy that is under way', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    open.session.set('n', 1)
    const destroying = open.session.destroy()
    const { setCookie } = await open.commit()
    await destroying
    expect(idIn(setCookie)).toBe('cleared')
    expect(await shop.memory.read(keyOf(id))).toBeUndefined()
    await shop.idle()
  })

  it('a logout that fails while the request ends is not answered as done, and leaves the session as it is stored', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    shop.driver.failNext('destroy', undefined, 3)
    const destroying = codeOf(open.session.destroy())
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(await destroying).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(shop.events.filter(({ kind }) => kind === 'refused')).toHaveLength(1)
    expect(await shop.peek(id)).toMatchObject({ n: 0 })
    await shop.idle()
  })

  it('a login in a merging request whose new id could not be had is not stored under the old one', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id, { concurrency: 'merge' })
    shop.driver.failNext('acquire')
    const regenerating = codeOf(open.session.regenerate({ destroy: true }))
    open.session.setUserId('ada')
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(await regenerating).toBe('ERR_SESSION_DRIVER_FAILED')
    expect((await shop.memory.list({ userId: 'ada' })).sessions).toEqual([])
    await shop.idle()
  })

  it('a second logout, which has nothing to end any more, fails nothing', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    const both = Promise.all([open.session.destroy(), codeOf(open.session.destroy())])
    expect(idIn((await open.commit()).setCookie)).toBe('cleared')
    expect(await both).toEqual([undefined, 'ERR_SESSION_CLOSED'])
    await shop.idle()
  })

  it('a logout that failed and was waited for leaves the request what it is', async () => {
    const shop = openShop()
    const open = await visit(shop.sessions, await shop.stored())
    shop.driver.failNext('destroy', undefined, 3)
    expect(await codeOf(open.session.destroy())).toBe('ERR_SESSION_DRIVER_FAILED')
    await open.commit()
    await shop.idle()
  })

  it('run() with a handler that saved, released, destroyed or invalidated by itself resolves', async () => {
    const shop = openShop()
    for (const act of ['save', 'release', 'destroy', 'invalidate'] as const) {
      const id = await shop.stored()
      await shop.sessions.run(id, async (session) => {
        session.increment('n')
        await session[act]()
      })
      expect(await shop.peek(id)).toEqual(
        act === 'save' || act === 'release' ? expect.objectContaining({ n: act === 'save' ? 1 : 0 }) : undefined,
      )
    }
    await shop.idle()
  })

  it('run() fails when the handler swallowed the failure of its save', async () => {
    const shop = openShop()
    const run = shop.sessions.run(await shop.stored(), async (session) => {
      session.increment('n')
      shop.driver.failNext('commit')
      await session.save().catch(() => undefined)
    })
    expect(await codeOf(run)).toBe('ERR_SESSION_DRIVER_FAILED')
    await shop.idle()
  })
})
