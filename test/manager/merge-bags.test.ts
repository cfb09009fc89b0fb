import { describe, expect, it } from 'vitest'
import { AttributeBag } from '../../src/session/attribute-bag.ts'
import { begin, openCounter } from './support/merging.ts'
import type { SessionBag } from '../../src/session/session-bag.ts'
import { codeOf, visit } from './support/shop.ts'
import { recordUnder } from '../support/visits.ts'

const flashesOf = async (...[sessions, id]: Parameters<typeof begin>): Promise<Record<string, unknown>> => {
  const session = await sessions.start(id, { concurrency: 'readonly' })
  return session.flashes.visible()
}

describe('flash data in sessions that merge', () => {
  it('is shown once where nobody else is there', async () => {
    const { sessions, id } = await openCounter((session) => session.flash('status', 'saved'))
    const shown = await begin(sessions, id, (session) => expect(session.getFlash('status')).toBe('saved'))
    await shown.end()
    expect(await flashesOf(sessions, id)).toEqual({})
  })

  it('is gone when both have shown it, and what one of them adds is there', async () => {
    const { sessions, id } = await openCounter((session) => session.flash('status', 'saved'))
    const [one, other] = [await begin(sessions, id), await begin(sessions, id, (session) => session.flash('error', 'no'))]
    await one.end()
    await other.end()
    expect(await flashesOf(sessions, id)).toEqual({ error: 'no' })
  })

  it('is not aged away by a request that never saw it', async () => {
    const { sessions, id } = await openCounter((session) => session.flash('old', 1))
    const slow = await begin(sessions, id, (session) => session.set('n', 1))
    await (await begin(sessions, id, (session) => session.flash('status', { text: 'saved' }))).end()
    await slow.end()
    expect(await flashesOf(sessions, id)).toEqual({ status: { text: 'saved' } })
  })

  it('nor is a newer value under a key that it did see', async () => {
    const { sessions, id } = await openCounter((session) => session.flash('status', ['first']))
    const slow = await begin(sessions, id, (session) => session.set('n', 1))
    await (await begin(sessions, id, (session) => session.flash('status', ['second']))).end()
    await slow.end()
    expect(await flashesOf(sessions, id)).toEqual({ status: ['second'] })
  })

  it('is kept by who keeps it, unless another has shown it and let it go', async () => {
    const { sessions, id } = await openCounter((session) => {
      session.flash('a', 1)
      session.flash('b', 2)
    })
    const keeping = await begin(sessions, id, (session) => session.keep('a', 'b'))
    await (await begin(sessions, id, (session) => session.keep('a'))).end()
    await keeping.end()
    expect(await flashesOf(sessions, id)).toEqual({ a: 1 })
  })

  it('that only this request has is kept like a new one', async () => {
    const { sessions, id } = await openCounter((session) => session.set('n', 0))
    const slow = await begin(sessions, id, (session) => {
      session.now('status', ['here'])
      session.reflash()
    })
    await (await begin(sessions, id, (session) => session.increment('n'))).end()
    await slow.end()
    expect(await flashesOf(sessions, id)).toEqual({ status: ['here'] })
  })

  it('that was stored in the middle of a request is there for the next one', async () => {
    const { sessions, id } = await openCounter((session) => session.flash('old', 1))
    const slow = await begin(sessions, id, async (session) => {
      session.flash('status', 'saved')
      await session.save()
      session.set('n', 1)
    })
    await (await begin(sessions, id, (session) => session.keep('status'))).end()
    await slow.end()
    expect(await flashesOf(sessions, id)).toEqual({ status: 'saved' })
  })

  it('that is flashed in the same words once it was shown, and stored as shown, is new', async () => {
    const { sessions, id } = await openCounter((session) => session.flash('status', 'saved'))
    const slow = await begin(sessions, id, (session) => session.save())
    await (await begin(sessions, id, (session) => session.flash('status', 'saved'))).end()
    slow.session.set('n', 1)
    await slow.end()
    expect(await flashesOf(sessions, id)).toEqual({ status: 'saved' })
  })

  it('that was kept and then cleared is gone', async () => {
    const { sessions, id } = await openCounter((session) => session.flash('status', 'saved'))
    const clearing = await begin(sessions, id, (session) => {
      session.reflash()
      session.flashes.clear()
    })
    await (await begin(sessions, id, (session) => session.reflash())).end()
    await (await begin(sessions, id, (session) => [session.reflash(), session.set('n', 1)])).end()
    await clearing.end()
    expect(await flashesOf(sessions, id)).toEqual({})
  })

  it('is handed out frozen, and stored as it was when it was flashed', async () => {
    const { sessions, id } = await openCounter((session) => session.flash('old', ['a']))
    const list = ['x']
    const one = await begin(sessions, id, (session) => {
      session.flash('new', list)
      list.push('y')
      expect(() => (session.getFlash('old') as string[]).push('b')).toThrow(TypeError)
      session.keep('old')
    })
    await one.end()
    expect(await flashesOf(sessions, id)).toEqual({ old: ['a'], new: ['x'] })
  })
})

class Basket implements SessionBag {
  readonly name = 'basket'
  readonly storageKey = '_basket'
  readonly #items = new AttributeBag()
  initialize(data: Record<string, unknown>): void {
    this.#items.initialize(data)
  }
  put(name: string, count: number): void {
    this.#items.set(name, count)
  }
  clear(): Record<string, unknown> {
    return this.#items.clear()
  }
}

describe('own bags and metadata in sessions that merge', () => {
  const put = (name: string) => (session: { bag: (name: string) => SessionBag }) => {
    const bag = session.bag('basket')
    if (bag instanceof Basket) bag.put(name, 1)
  }
  const basketOf = async ({ memory, id }: Awaited<ReturnType<typeof openCounter>>): Promise<unknown> => {
    const [found] = (await memory.list()).sessions
    const record = found && (await memory.read(found.key))
    expect(id).toHaveLength(40)
    return record?.kind === 'record' ? (JSON.parse(record.record.payload) as Record<string, unknown>)['_basket'] : undefined
  }

  it('a bag that one of them changed is stored beside what others did', async () => {
    const counter = await openCounter((session) => session.set('n', 0), { bags: () => [new Basket()] })
    expect(await counter.both((session) => session.increment('n'), put('book'))).toMatchObject({ n: 1 })
    expect(await basketOf(counter)).toEqual({ book: 1 })
    expect(await counter.both(put('pen'), (session) => session.increment('n'))).toMatchObject({ n: 2 })
    expect(await basketOf(counter)).toEqual({ book: 1, pen: 1 })
  })

  it('one that two of them changed in different ways is a conflict, and nothing of the later one is stored', async () => {
    const counter = await openCounter((session) => session.set('n', 0), { bags: () => [new Basket()] })
    const late = await begin(counter.sessions, counter.id, put('pen'))
    await (await begin(counter.sessions, counter.id, put('book'))).end()
    expect(await codeOf(late.end())).toBe('ERR_SESSION_CONFLICT')
    expect(await basketOf(counter)).toEqual({ book: 1 })
  })

  it('and none when they changed it in one way', async () => {
    const counter = await openCounter((session) => session.set('n', 0), { bags: () => [new Basket()] })
    await counter.both(put('book'), put('book'))
    expect(await basketOf(counter)).toEqual({ book: 1 })
  })

  it('one that was stored with a new session is changed from then on only by what changes it', async () => {
    const counter = await openCounter((session) => session.set('n', 0), { bags: () => [new Basket()] })
    const { sessions } = counter
    const fresh = await visit(sessions, [], { concurrency: 'merge' })
    put('book')(fresh.session)
    await fresh.session.save()
    const { id } = fresh.session
    await (await begin(sessions, id, put('pen'))).end()
    fresh.session.set('m', 1)
    await fresh.commit()
    const second = await visit(sessions, [], { concurrency: 'merge' })
    put('book')(second.session)
    await second.session.save()
    put('cup')(second.session)
    await (await begin(sessions, second.session.id, (session) => session.set('m', 1))).end()
    await second.commit()
    const inBasket = async (of: string): Promise<unknown> => {
      const found = await recordUnder(counter.memory, of)
      return (JSON.parse(found?.payload ?? '{}') as Record<string, unknown>)['_basket']
    }
    expect([await inBasket(id), await inBasket(second.session.id)]).toEqual([
      { book: 1, pen: 1 },
      { book: 1, cup: 1 },
    ])
  })

  it('and what is changed in place is no change, also where nobody else is there', async () => {
    const { sessions, id } = await openCounter((session) => session.set('n', 0))
    const theme = { name: 'dark' }
    const alone = await begin(sessions, id, (session) => session.metadata.set('theme', theme))
    theme.name = 'changed in place'
    await alone.end()
    expect((await sessions.start(id, { concurrency: 'readonly' })).metadata.get('theme')).toEqual({ name: 'dark' })
  })

  it('clearing the metadata is done under the lock where that is a logout, and clears what others have put there', async () => {
    const { sessions, driver, id, memory } = await openCounter((session) => session.setUserId('ada'))
    const clearing = await begin(sessions, id, (session) => session.metadata.clear())
    await (await begin(sessions, id, (session) => session.metadata.set('language', 'de'))).end()
    driver.forget()
    await clearing.end()
    expect(driver.methods).toEqual(['acquire', 'commit'])
    const record = await recordUnder(memory, id)
    expect(record?.userId).toBeUndefined()
    expect(record?.payload).not.toContain('language')
  })

  it('where it was used from is stored once that was told, also on what others have stored', async () => {
    const { sessions, id, memory } = await openCounter((session) => session.set('n', 0), { binding: { ipAddress: 'report' } })
    const from = (ipAddress: string) => ({ concurrency: 'merge', ipAddress }) as const
    await (await begin(sessions, id, (session) => session.set('n', 1), from('192.0.2.1'))).end()
    const moved = await begin(sessions, id, undefined, from('203.0.113.9'))
    await (await begin(sessions, id, (session) => session.set('n', 2), from('192.0.2.1'))).end()
    await moved.end()
    expect((await recordUnder(memory, id))?.ipAddress).toBe('203.0.113.9')
  })

  it('what each of them put into the metadata is kept, and so are level and token', async () => {
    const { sessions, id } = await openCounter((session) => session.setUserId('ada'))
    let token = ''
    const one = await begin(sessions, id, (session) => {
      const theme = { name: 'dark' }
      session.metadata.set('theme', theme)
      theme.name = 'changed in place'
      session.markAuthenticated({ level: 2 })
      token = session.regenerateToken()
    })
    await (await begin(sessions, id, (session) => session.metadata.set('language', 'de'))).end()
    await one.end()
    const now = await sessions.start(id, { concurrency: 'readonly' })
    expect([now.metadata.get('theme'), now.metadata.get('language'), now.level, now.currentToken]).toEqual([
      { name: 'dark' },
      'de',
      2,
      token,
    ])
    expect(now.isFresh({ withinSeconds: 60, level: 2 })).toBe(true)
  })
})
