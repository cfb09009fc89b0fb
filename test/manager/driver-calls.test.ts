import { describe, expect, it } from 'vitest'
import { SaltingSerializer } from '../support/salting-serializer.ts'
import { keyOf, openShop, visit } from './support/shop.ts'

describe('what a request costs', () => {
  it('a request that changes something asks the store twice', async () => {
    const shop = openShop()
    const open = await visit(shop.sessions, await shop.stored())
    open.session.increment('n')
    await open.commit()
    expect(shop.driver.methods).toEqual(['acquire', 'commit'])
    await shop.idle()
  })

  it('a request that changes nothing asks the store twice, and waits for the first answer only', async () => {
    const shop = openShop()
    const open = await visit(shop.sessions, await shop.stored())
    expect(open.session.get('n')).toBe(0)
    expect(open.commit()).toEqual({ setCookie: undefined })
    expect(shop.driver.methods).toEqual(['acquire', 'unlock'])
    await shop.idle()
  })

  it('a visitor for whom nothing is kept asks the store nothing, and there is no promise', () => {
    const { sessions, driver } = openShop()
    const open = sessions.open({})
    if (open instanceof Promise) return expect.unreachable()
    expect(open.session.get('n', 'default')).toBe('default')
    expect(open.commit()).toEqual({ setCookie: undefined })
    expect(driver.calls).toEqual([])
  })

  it('a new session is stored with one call', async () => {
    const shop = openShop()
    const open = await visit(shop.sessions)
    open.session.set('n', 1)
    await open.commit()
    expect(shop.driver.methods).toEqual(['insert'])
    await shop.idle()
  })

  it('a readonly request asks the store once', async () => {
    const shop = openShop()
    const open = await visit(shop.sessions, await shop.stored(), { concurrency: 'readonly' })
    expect(open.commit()).toEqual({ setCookie: undefined })
    expect(shop.driver.methods).toEqual(['read'])
  })

  it('setting a value to what it is writes nothing, a change in place writes', async () => {
    const shop = openShop()
    const id = await shop.stored((session) => session.set('list', [1]))
    await shop.sessions.run(id, (session) => session.set('list', [1]))
    expect(shop.driver.methods).toEqual(['acquire', 'unlock'])
    shop.driver.forget()
    await shop.sessions.run(id, (session) => (session.get('list') as number[]).push(2))
    expect(shop.driver.methods).toEqual(['acquire', 'commit'])
    expect(await shop.peek(id)).toMatchObject({ list: [1, 2] })
  })

  it.each([false, true])(
    'a serializer that writes the same differently each time costs no write (answers later: %s)',
    async (answersLater) => {
      const shop = openShop({ serializer: new SaltingSerializer({ answersLater }) })
      const id = await shop.stored((session) => {
        session.set('user', { name: 'Ada' })
        session.flash('status', 'Hi')
      })
      const before = await shop.memory.read(keyOf(id))
      await shop.sessions.run(id, (session) => {
        session.get('user')
        session.set('user', { name: 'Ada' })
        session.reflash()
        session.getFlash('status')
      })
      expect(shop.driver.methods).toEqual(['acquire', 'unlock'])
      expect(await shop.memory.read(keyOf(id))).toEqual(before)
      await shop.sessions.run(id, (session) => session.increment('n'))
      expect(await shop.peek(id)).toMatchObject({ user: { name: 'Ada' }, n: 1 })
      await shop.idle()
    },
  )

  it('with such a serializer, what did not change keeps its text', async () => {
    const shop = openShop({ serializer: new SaltingSerializer() })
    const id = await shop.stored((session) => session.flash('status', 'Hi'))
    const before = await shop.memory.read(keyOf(id))
    await shop.sessions.run(id, (session) => {
      session.set('n', 1)
      session.keep('status')
    })
    const after = await shop.memory.read(keyOf(id))
    if (before?.kind !== 'record' || after?.kind !== 'record') return expect.unreachable()
    expect(after.record.flash).toBe(before.record.flash)
    expect(after.record.payload).not.toBe(before.record.payload)
  })

  it('save({ keepOpen: true }) with nothing new asks the store nothing', async () => {
    const shop = openShop()
    const session = await shop.sessions.start(await shop.stored())
    session.set('n', 1)
    await session.save({ keepOpen: true })
    shop.driver.forget()
    await session.save({ keepOpen: true })
    expect(shop.driver.methods).toEqual([])
    await session.save()
    expect(shop.driver.methods).toEqual(['unlock'])
    await shop.idle()
  })

  it('a rotation costs one call more than nothing', async () => {
    const shop = openShop()
    const open = await visit(shop.sessions, await shop.stored())
    await open.session.regenerate()
    await open.commit()
    expect(shop.driver.methods).toEqual(['acquire', 'replace'])
  })
})

describe('when the use of a session is recorded', () => {
  it('an unchanged session is touched once touchEverySeconds have passed, not before', async () => {
    const shop = openShop()
    const id = await shop.stored()
    shop.clock.advance(59_999)
    await (await visit(shop.sessions, id)).commit()
    expect(shop.driver.methods).toEqual(['acquire', 'unlock'])
    shop.driver.forget()
    shop.clock.advance(1)
    await (await visit(shop.sessions, id)).commit()
    expect(shop.driver.methods).toEqual(['acquire', 'commit'])
    expect(shop.driver.calls[1]?.args[1]).toBeUndefined()
    shop.driver.forget()
    shop.clock.advance(59_999)
    await (await visit(shop.sessions, id)).commit()
    expect(shop.driver.methods).toEqual(['acquire', 'unlock'])
    await shop.idle()
  })

  it('a session that is only read lives on, however long', async () => {
    const shop = openShop({ lifetime: { idleSeconds: 600, absoluteSeconds: 0 } })
    const id = await shop.stored()
    for (let minute = 0; minute < 60; minute += 5) {
      shop.clock.advance(5 * 60_000)
      expect(await shop.sessions.run(id, (session) => session.get('n'))).toBe(0)
    }
    shop.clock.advance(600_001)
    expect((await shop.sessions.start(id)).isNew).toBe(true)
  })

  it('touchEverySeconds: 0 records each use', async () => {
    const shop = openShop({ lifetime: { touchEverySeconds: 0 } })
    const id = await shop.stored()
    await (await visit(shop.sessions, id)).commit()
    await (await visit(shop.sessions, id)).commit()
    expect(shop.driver.methods).toEqual(['acquire', 'commit', 'acquire', 'commit'])
  })

  it('the absolute limit ends a session however much it is used', async () => {
    const shop = openShop({ lifetime: { idleSeconds: 600, absoluteSeconds: 1200 } })
    const id = await shop.stored()
    for (const seconds of [400, 400, 399]) {
      shop.clock.advance(seconds * 1000)
      await shop.sessions.run(id, (session) => session.increment('n'))
    }
    expect(await shop.peek(id)).toMatchObject({ n: 3 })
    shop.clock.advance(1001)
    expect((await shop.sessions.start(id)).isNew).toBe(true)
  })
})
