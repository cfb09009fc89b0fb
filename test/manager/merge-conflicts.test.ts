import { describe, expect, it } from 'vitest'
import { told } from '../support/visits.ts'
import { begin, openCounter } from './support/merging.ts'
import { codeOf } from './support/shop.ts'

describe('what does not fit on what others stored', () => {
  const conflicts = async (
    fill: Parameters<typeof openCounter>[0],
    first: Parameters<typeof begin>[2],
    second: Parameters<typeof begin>[2],
  ): Promise<unknown> => {
    const { sessions, id, peek } = await openCounter(fill)
    const refused = told(sessions, 'refused')
    const late = await begin(sessions, id, second)
    await (await begin(sessions, id, first)).end()
    const before = await peek(id)
    const code = await codeOf(late.end())
    expect(await peek(id)).toEqual(before)
    expect(refused.map(({ reason }) => reason)).toEqual(['conflict'])
    return code
  }

  it.each([
    ['an index into a list that is another one now', (s) => s.set('list', [1, 2]), (s) => s.forget('list.0'), (s) => s.set('list.1', 9)],
    ['the end of a list that somebody else went on with', (s) => s.set('list', [1]), (s) => s.set('list.1', 2), (s) => s.set('list.1', 3)],
    ['an element taken out of a list that changed', (s) => s.set('list', [1, 2]), (s) => s.set('list.0', 0), (s) => s.forget('list.1')],
    ['an index into a list that is gone', (s) => s.set('list', [1, 2]), (s) => s.forget('list'), (s) => s.set('list.1', 9)],
    ['an element of what has become a list', (s) => s.set('a', { 0: 'x' }), (s) => s.set('a', [1, 2]), (s) => s.forget('a.0')],
    ['an element of what was a list', (s) => s.set('a', [1, 2]), (s) => s.set('a', { 0: 'x' }), (s) => s.forget('a.0')],
    ['a value in a branch that was taken away', (s) => s.set('cart', { n: 1 }), (s) => s.forget('cart'), (s) => s.set('cart.m', 2)],
    ['a value in a branch that is none any more', (s) => s.set('cart', { n: 1 }), (s) => s.set('cart', 5), (s) => s.set('cart.m', 2)],
    ['a value where somebody put something else in the way', (s) => s.set('n', 0), (s) => s.set('a', 5), (s) => s.set('a.b', 1)],
    ['an increment of what is no number any more', (s) => s.set('n', 1), (s) => s.set('n', 'one'), (s) => s.increment('n')],
    ['an increment in a list that changed', (s) => s.set('list', [1, 2]), (s) => s.forget('list.0'), (s) => s.increment('list.0')],
    ['a value that both took', (s) => s.set('ticket', { no: 7 }), (s) => s.pull('ticket'), (s) => s.pull('ticket')],
    ['a value that was taken, and is another one now', (s) => s.set('ticket', 7), (s) => s.set('ticket', 8), (s) => s.pull('ticket')],
  ] satisfies [string, Parameters<typeof openCounter>[0], Parameters<typeof begin>[2], Parameters<typeof begin>[2]][])(
    'is a typed conflict, and nothing is stored: %s',
    async (_title, fill, first, second) => {
      expect(await conflicts(fill, first, second)).toBe('ERR_SESSION_CONFLICT')
    },
  )

  it('but not an index into a list that is the same, nor a branch that both made', async () => {
    const { both } = await openCounter((session) => session.set('list', [1, 2]))
    expect(
      await both(
        (session) => session.set('a.b', 1),
        (session) => {
          session.set('list.1', 9)
          session.set('a.c', 2)
          session.pull('nothing')
        },
      ),
    ).toEqual({ list: [1, 9], a: { b: 1, c: 2 } })
  })

  it('nor a value below what somebody has set to null', async () => {
    const { both } = await openCounter((session) => session.set('n', 0))
    expect(
      await both(
        (session) => session.set('a', null),
        (session) => session.set('a.b', 1),
      ),
    ).toEqual({ n: 0, a: { b: 1 } })
  })

  it('is told to the client as 409', async () => {
    const { sessions, id } = await openCounter((session) => session.set('ticket', 7))
    const late = await begin(sessions, id, (session) => session.pull('ticket'))
    await (await begin(sessions, id, (session) => session.pull('ticket'))).end()
    await expect(late.end()).rejects.toMatchObject({ status: 409 })
  })
})
