import { describe, expect, it } from 'vitest'
import type { Session } from '../../src/session/session.ts'
import { refusalOf } from '../support/config-refusal.ts'
import { asked, nextId, recordUnder, told, visited } from '../support/visits.ts'
import { codeOf, idIn, keyOf, openShop, visit } from './support/shop.ts'
import type { Options, Shop } from './support/shop.ts'

const EVERY_MS = 900_000
const nothing = (): void => undefined

interface Rotating extends Shop {
  readonly id: string
  /** How many new ids the store was asked for since the shop was opened. */
  readonly moves: () => number
}

async function user(lifetime: Options['lifetime'] = {}): Promise<Rotating> {
  const shop = openShop({ lifetime: { rotateEverySeconds: 900, ...lifetime } })
  const id = await shop.stored((session) => {
    session.setUserId('ada')
    session.markAuthenticated({ level: 2 })
    session.set('n', 0)
  })
  return { ...shop, id, moves: () => shop.driver.methods.filter((method) => method === 'replace').length }
}

/** The same, where a new id is due. */
async function due(lifetime: Options['lifetime'] = {}): Promise<Rotating> {
  const shop = await user(lifetime)
  shop.clock.advance(EVERY_MS)
  return shop
}

describe('CS-SM Renewal Timeout: a session gets a new id', () => {
  it('when the time has come and not before, and then when it has come again', async () => {
    const { sessions, clock, id, moves, idle } = await user()
    let current = id
    for (const [ms, count] of [
      [0, 0],
      [EVERY_MS - 1, 0],
      [1, 1],
      [0, 1],
      [EVERY_MS - 1, 1],
      [1, 2],
      [3 * EVERY_MS, 3],
      [EVERY_MS - 1, 3],
    ] as const) {
      clock.advance(ms)
      const next = await nextId(sessions, current, (session) => session.increment('n'))
      expect([moves(), next === current]).toEqual([count, [0, EVERY_MS - 1].includes(ms)])
      current = next
    }
    expect(await asked(sessions, current, (session) => session.get('n'))).toBe(8)
    await idle()
  })

  it('also when nothing changed in it, in one round trip more than none', async () => {
    const { sessions, driver, id } = await due()
    const next = await nextId(sessions, id, nothing)
    expect([next === id, driver.methods]).toEqual([false, ['acquire', 'replace']])
  })

  it('never without the option', async () => {
    const { sessions, clock, stored } = openShop()
    const id = await stored()
    for (let hour = 0; hour < 24; hour++) {
      clock.advance(3_600_000)
      expect(await nextId(sessions, id, nothing)).toBe(id)
    }
  })

  it('and a login counts as one', async () => {
    const { sessions, clock, id, moves } = await user()
    clock.advance(EVERY_MS - 1)
    const second = await nextId(sessions, id, (session) => session.regenerate({ destroy: true }))
    clock.advance(EVERY_MS - 1)
    expect(await nextId(sessions, second, nothing)).toBe(second)
    clock.advance(1)
    expect(await nextId(sessions, second, nothing)).not.toBe(second)
    expect(moves()).toBe(2)
  })

  it('and is told of as a rotation', async () => {
    const { sessions, id } = await due()
    const events = told(sessions, 'regenerated')
    const next = await nextId(sessions, id, nothing)
    expect(events).toEqual([{ key: keyOf(next), oldKey: keyOf(id), reason: 'rotation' }])
  })

  it('and not in a read-only request, which only records its use', async () => {
    const { sessions, driver, id } = await due()
    const { result, sent } = await visited(sessions, id, (session) => session.id, { concurrency: 'readonly' })
    expect([result, sent, driver.methods]).toEqual([id, id, ['read', 'touch']])
  })

  it('and keeps all else: data, token, user, level, times and name', async () => {
    const { sessions, memory, clock, id } = await due()
    const before = await recordUnder(memory, id)
    const token = await asked(sessions, id, ({ currentToken }) => currentToken)
    const { result, sent = '' } = await visited(sessions, id, (session) => [session.id, session.currentToken, session.level])
    expect(result).toEqual([sent, token, 2])
    const { handle, createdAt, authenticatedAt, userId, payload, flash } = before ?? {}
    expect(await recordUnder(memory, sent)).toMatchObject({ handle, createdAt, authenticatedAt, userId, payload, flash })
    expect(await recordUnder(memory, sent)).toMatchObject({ regeneratedAt: clock.now(), lastActivity: clock.now() })
  })

  it('and flash data is there for the next request and not for the one after', async () => {
    const { sessions, clock, id } = await user()
    await visited(sessions, id, (session) => session.flash('status', 'saved'))
    clock.advance(EVERY_MS)
    const { result, sent = '' } = await visited(sessions, id, (session) => session.getFlash('status'))
    expect([result, await asked(sessions, sent, (session) => session.getFlash('status'))]).toEqual(['saved', undefined])
  })

  it('and ASVS-7.3.2: the absolute limit does not begin anew', async () => {
    const { sessions, clock, id } = await user({ absoluteSeconds: 4000 })
    let current = id
    for (let each = 0; each < 4; each++) {
      clock.advance(EVERY_MS)
      current = await nextId(sessions, current, nothing)
    }
    clock.advance(399_999)
    expect(await asked(sessions, current, ({ isNew }) => isNew)).toBe(false)
    clock.advance(1)
    expect(await asked(sessions, current, ({ isNew }) => isNew)).toBe(true)
  })

  it('and none of a session that nobody has yet', async () => {
    const { sessions, moves } = await due()
    const { sent = '' } = await visited(sessions, [], async (session) => {
      session.set('n', 1)
      const { id } = session
      await session.save()
      expect(session.id).toBe(id)
    })
    expect([sent.length, moves()]).toEqual([40, 0])
  })
})

describe('a request in which a new id is due', () => {
  it('that logs in gets the id of a login, and only that', async () => {
    const { sessions, memory, id, moves, idle } = await due()
    const { sent = '' } = await visited(sessions, id, async (session) => {
      await session.regenerate({ destroy: true })
      session.setUserId('eve')
    })
    expect(await memory.read(keyOf(id))).toMatchObject({ kind: 'marker', marker: { reason: 'login', salt: undefined } })
    expect([moves(), await asked(sessions, id, ({ userId }) => userId), await asked(sessions, sent, ({ userId }) => userId)]).toEqual([
      1,
      undefined,
      'eve',
    ])
    await idle()
  })

  it('that rotates by itself gets one new id, whose token is new', async () => {
    const { sessions, id, moves, idle } = await due()
    const token = await asked(sessions, id, ({ currentToken }) => currentToken)
    const { sent = '' } = await visited(sessions, id, (session) => session.regenerate())
    expect([moves(), await asked(sessions, id, (session) => session.id)]).toEqual([1, sent])
    expect(await asked(sessions, sent, ({ currentToken }) => currentToken)).not.toBe(token)
    await idle()
  })

  it.each(['destroy', 'invalidate'] as const)('that calls %s ends the session under every id', async (end) => {
    const { sessions, memory, id, moves, idle } = await due()
    let planned = ''
    const { sent } = await visited(sessions, id, async (session) => {
      planned = session.id
      await session[end]()
    })
    expect([sent, moves()]).toEqual(['cleared', 0])
    for (const each of [id, planned]) expect(await memory.read(keyOf(each))).toBeUndefined()
    await idle()
  })

  it('that ended one session goes on with another, under an id that nobody had', async () => {
    const { sessions, id, idle } = await due()
    let planned = ''
    const { sent = '' } = await visited(sessions, id, async (session) => {
      planned = session.id
      await session.invalidate()
      session.set('n', 7)
    })
    expect([id, planned]).not.toContain(sent)
    expect(await asked(sessions, sent, (session) => [session.get('n'), session.userId])).toEqual([7, undefined])
    await idle()
  })

  it('that failed moves nothing, and the next one does', async () => {
    const { sessions, id, moves, idle } = await due()
    const open = await visit(sessions, id)
    open.session.increment('n')
    expect(await open.discard(new Error('the handler threw'))).toEqual({ setCookie: undefined })
    expect([open.session.id, moves()]).toEqual([id, 0])
    await idle()
    const next = await nextId(sessions, id, (session) => session.increment('n'))
    expect([next === id, moves(), await asked(sessions, next, (session) => session.get('n'))]).toEqual([false, 1, 1])
  })

  it('that released the session moved nothing', async () => {
    const { sessions, id, moves, idle } = await due()
    const { sent } = await visited(sessions, id, (session) => session.release())
    expect([sent, moves()]).toEqual([undefined, 0])
    await idle()
  })

  it('that read it again is served under the old id, and the next one under a new', async () => {
    const { sessions, id, moves } = await due()
    const { result, sent } = await visited(sessions, id, async (session) => {
      await session.reload()
      session.increment('n')
      return session.id
    })
    expect([result, sent ?? id, moves()]).toEqual([id, id, 0])
    expect(await nextId(sessions, id, nothing)).not.toBe(id)
  })

  it('that saved in its midst goes on under the new id', async () => {
    const { sessions, id, moves, idle } = await due()
    const { result, sent = '' } = await visited(sessions, id, async (session) => {
      session.increment('n')
      await session.save()
      session.increment('n')
      return session.id
    })
    expect([result, moves(), await asked(sessions, id, (session) => session.get('n'))]).toEqual([sent, 1, 2])
    await idle()
  })

  it.each(['failNext', 'loseAnswer'] as const)('whose store fails tells so, and the browser keeps its login (%s)', async (fault) => {
    const { sessions, driver, id, idle } = await due()
    driver[fault]('replace')
    const open = await visit(sessions, id)
    open.session.increment('n')
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_DRIVER_FAILED')
    const { result } = await visited(sessions, id, (session: Session) => [session.userId, session.get('n')])
    expect(result).toEqual(['ada', fault === 'loseAnswer' ? 1 : 0])
    await idle()
  })

  it('of a user who was logged out meanwhile brings nothing back', async () => {
    const { sessions, memory, id } = await due()
    const open = await visit(sessions, id)
    await memory.destroy(keyOf(id))
    const planned = open.session.id
    expect(idIn((await open.commit()).setCookie)).toBeUndefined()
    for (const each of [id, planned]) expect(await memory.read(keyOf(each))).toBeUndefined()
  })
})

it('what is no number of seconds is refused when the manager is made', () => {
  for (const rotateEverySeconds of [0, -1, Number.NaN, Infinity, '900', null]) {
    const make = (): unknown => Reflect.apply(openShop, undefined, [{ lifetime: { rotateEverySeconds } }])
    expect(refusalOf(make)).toMatch(/^Option 'lifetime.rotateEverySeconds'/)
  }
})
