import { describe, expect, it } from 'vitest'
import { asked, recordUnder, refusals, visited } from '../support/visits.ts'
import { codeOf, idIn, keyOf, openShop, visit } from './support/shop.ts'
import type { Shop } from './support/shop.ts'

const HOME = { ipAddress: '203.0.113.7', userAgent: 'Amiga/4.1' }
const THIEF = { ipAddress: '2001:db8::666', userAgent: 'Atari/TOS' }

interface Robbed extends Shop {
  readonly id: string
  readonly reasons: string[]
  /** All that the store has under the id, as one text. */
  readonly bytes: () => Promise<string>
}

/** A user whose cookie somebody else has as well. */
async function robbed(): Promise<Robbed> {
  const shop = openShop({ binding: { ipAddress: 'reject' }, lifetime: { rotateEverySeconds: 900 } })
  const { sent = '' } = await visited(
    shop.sessions,
    [],
    (session) => {
      session.setUserId('ada')
      session.markAuthenticated({ level: 2 })
      session.set('cart', ['tea'])
      session.flash('status', 'Welcome back!')
    },
    HOME,
  )
  shop.driver.forget()
  const bytes = async (): Promise<string> => JSON.stringify(await shop.memory.read(keyOf(sent)))
  // A touch, the renewal of the cookie and a rotation are all due: none of them is the thief's.
  shop.clock.advance(1_000_000)
  return { ...shop, id: sent, reasons: refusals(shop.sessions), bytes }
}

describe('CS-SM Binding: reject', () => {
  it.each(['exclusive', 'readonly'] as const)('S-137 S-385: gives a new session, and nothing of the old one (%s)', async (concurrency) => {
    const { sessions, id, reasons, bytes, idle } = await robbed()
    const before = await bytes()
    const { result, sent } = await visited(
      sessions,
      id,
      (session) => ({
        isNew: session.isNew,
        userId: session.userId,
        all: session.all(),
        flash: session.getFlash('status'),
        handle: session.handle,
        token: session.currentToken,
        level: [session.level, session.authenticatedAt, session.isFresh({ withinSeconds: 1e9 })],
        extra: session.metadata.extra,
        place: [session.ipAddress, session.userAgent],
      }),
      { ...THIEF, concurrency },
    )
    expect(result).toEqual({
      isNew: true,
      userId: undefined,
      all: {},
      flash: undefined,
      handle: undefined,
      token: undefined,
      level: [0, undefined, false],
      extra: undefined,
      place: [THIEF.ipAddress, THIEF.userAgent],
    })
    expect([sent, reasons, await bytes()]).toEqual([undefined, ['binding'], before])
    await idle()
  })

  it('knows when the new session began, and not when the old one did', async () => {
    const { sessions, clock, id } = await robbed()
    const { result } = await visited(sessions, id, ({ metadata }) => metadata.getCreatedAt(), THIEF)
    expect(result).toBe(Math.floor(clock.now() / 1000))
  })

  it('gives the lock back at once: the user is served while the other’s handler runs', async () => {
    const { sessions, id, idle } = await robbed()
    const open = await visit(sessions, id, THIEF)
    const { result } = await visited(sessions, id, (session) => session.get('cart'), HOME)
    expect(result).toEqual(['tea'])
    await open.commit()
    await idle()
  })

  it('leaves the session to the user, who comes from the right place', async () => {
    const { sessions, id, reasons, driver, idle } = await robbed()
    for (const each of [1, 2, 3]) {
      await visited(sessions, id, () => undefined, THIEF)
      expect(reasons).toHaveLength(each)
    }
    expect(driver.methods.filter((method) => method !== 'acquire' && method !== 'unlock')).toEqual([])
    const { result, sent = '' } = await visited(sessions, id, (session) => [session.userId, session.getFlash('status')], HOME)
    expect(result).toEqual(['ada', 'Welcome back!'])
    expect([sent === id, reasons.length]).toEqual([false, 3])
    await idle()
  })

  it('has an id of its own from the start, and never the one that was brought', async () => {
    const { sessions, id } = await robbed()
    const { result } = await visited(sessions, id, (session) => session.id, THIEF)
    expect(result).toMatch(/^[0-9a-f]{40}$/)
    expect(result).not.toBe(id)
  })

  it('sends a cookie only when the new session is stored, under an id of its own', async () => {
    const { sessions, driver, id, bytes, idle } = await robbed()
    const before = await bytes()
    const { result, sent = '' } = await visited(
      sessions,
      id,
      (session) => {
        session.set('n', 1)
        return session.id
      },
      THIEF,
    )
    expect([sent === id, result === sent, await bytes()]).toEqual([false, true, before])
    expect(await asked(sessions, sent, (session) => [session.get('n'), session.get('cart'), session.userId])).toEqual([
      1,
      undefined,
      undefined,
    ])
    expect(driver.calls.filter(({ method, key }) => method === 'insert' && key === keyOf(id))).toEqual([])
    await idle()
  })

  it('adopts no id: not even when the user logs out while the other’s handler runs', async () => {
    const { sessions, memory, id, idle } = await robbed()
    const open = await visit(sessions, id, THIEF)
    await visited(sessions, id, (session) => session.destroy(), HOME)
    open.session.set('n', 1)
    const sent = idIn((await open.commit()).setCookie)
    expect(sent).not.toBe(id)
    expect(await recordUnder(memory, id)).toBeUndefined()
    expect(await asked(sessions, id, ({ isNew }) => isNew)).toBe(true)
    await idle()
  })

  it.each(['destroy', 'invalidate', 'regenerate', 'reload', 'save'] as const)('%s there does nothing to the old one', async (act) => {
    const { sessions, id, bytes, idle } = await robbed()
    const before = await bytes()
    await visited(sessions, id, (session) => session[act](), THIEF)
    expect(await bytes()).toBe(before)
    const { result } = await visited(sessions, id, (session) => session.userId, HOME)
    expect(result).toBe('ada')
    await idle()
  })

  it('takes no start of the old one in its place', async () => {
    const { sessions, id, idle } = await robbed()
    const open = await visit(sessions, id, THIEF)
    expect(await codeOf(open.session.start(id))).toBe('ERR_SESSION_ALREADY_STARTED')
    await open.commit()
    await idle()
  })

  it('a login there is a session of its own', async () => {
    const { sessions, id, bytes, idle } = await robbed()
    const before = await bytes()
    const { sent = '' } = await visited(
      sessions,
      id,
      async (session) => {
        await session.regenerate({ destroy: true })
        session.setUserId('eve')
        session.markAuthenticated()
      },
      THIEF,
    )
    expect(await bytes()).toBe(before)
    expect(await asked(sessions, sent, (session) => [session.userId, session.level, session.get('cart')])).toEqual(['eve', 1, undefined])
    await idle()
  })

  it('of two at once the user gets the session and the other does not, whoever comes first', async () => {
    for (const order of [
      [HOME, THIEF],
      [THIEF, HOME],
    ]) {
      const { sessions, id, idle } = await robbed()
      const users = await Promise.all(order.map((where) => visited(sessions, id, (session) => [where, session.userId], where)))
      expect(users.map(({ result }) => result)).toEqual(order.map((where) => [where, where === HOME ? 'ada' : undefined]))
      await idle()
    }
  })

  it('of 20 at once from the wrong place none waits for another’s handler', async () => {
    const { sessions, id, reasons, idle } = await robbed()
    const opens = await Promise.all(Array.from({ length: 20 }, () => visit(sessions, id, THIEF)))
    expect(opens.every(({ session }) => session.isNew)).toBe(true)
    expect(reasons).toHaveLength(20)
    for (const open of opens) await open.commit()
    await idle()
  })

  it('counts for the second of two cookies too', async () => {
    const { sessions, id, bytes, idle } = await robbed()
    const before = await bytes()
    const { result, sent } = await visited(sessions, ['e'.repeat(40), id], ({ userId }) => userId, THIEF)
    expect([result, sent, await bytes()]).toEqual([undefined, undefined, before])
    await idle()
  })
})
