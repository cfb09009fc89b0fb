import { expect, it } from 'vitest'
import type { Session } from '../../../src/session/session.ts'
import type { MovedStore } from '../../support/moved-stores.ts'
import { asked, nextId, refusals, told, visited } from '../../support/visits.ts'
import { idIn, keyOf, visit } from '../../manager/support/shop.ts'
import { NOTHING, logIn, loginOf, openSessionWorld, seenBy, userAt } from '../support/session-world.ts'

const GRACE_MS = 30_000
const NEVER_MADE = '0123456789abcdef0123456789abcdef01234567'

/** Which ids open a session, and when a session gets another one. */
export function idTests(open: () => Promise<MovedStore>): void {
  it('ASVS-7.2.1 nothing that can be learnt of a session, or guessed from it, opens it', async () => {
    const { sessions } = await openSessionWorld(open)
    const id = await loginOf(sessions)
    const handle = (await sessions.list({ userId: 'ada' })).sessions[0]?.handle ?? ''
    const digit = (at: number): string => `${id.slice(0, at)}${id[at] === '0' ? '1' : '0'}${id.slice(at + 1)}`
    const claims = [keyOf(id), keyOf(id).slice(0, 40), handle, handle.padEnd(40, '0'), id.toUpperCase(), id.slice(1), `${id}0`, `0${id}`]
    claims.push(
      `"${id}"`,
      `${id}.ada`,
      encodeURIComponent(id[0] ?? '')
        .replace(/^/, '%')
        .concat(id.slice(1)),
      digit(0),
      digit(20),
      digit(39),
    )
    claims.push('ada', '1', 'true', btoa(JSON.stringify({ userId: 'ada' })))
    for (const claim of claims) expect([claim, await seenBy(sessions, claim)]).toEqual([claim, NOTHING])
    expect(await userAt(sessions, id)).toBe('ada')
  })

  it('ASVS-7.2.1 no time, user or flag that a request brings carries a session past its end', async () => {
    const { sessions, clock } = await openSessionWorld(open, { lifetime: { idleSeconds: 600, touchEverySeconds: 0 } })
    const id = await loginOf(sessions)
    clock.advance(600_000)
    const claims = 'last_activity=9999999999; expires_at=9999999999; user_id=ada; logged_in=1'
    const cookieHeader = `${claims}; __Host-ml_session=${id}; __Host-ml_session_expires=9999999999; Expires=never`
    const { session } = await sessions.open({ cookieHeader })
    expect([session.isNew, session.userId, session.all()]).toEqual(NOTHING)
  })

  it('ASVS-7.2.2 every session gets an id of its own when it is made, and no fixed one is a session', async () => {
    const { sessions } = await openSessionWorld(open)
    const ids = [await loginOf(sessions), await loginOf(sessions), await loginOf(sessions)]
    expect(new Set(ids).size).toBe(3)
    for (const fixed of ['0'.repeat(40), 'f'.repeat(40), NEVER_MADE, 'da39a3ee5e6b4b0d3255bfef95601890afd80709']) {
      expect(await seenBy(sessions, fixed)).toEqual(NOTHING)
      const made = await loginOf(sessions, 'eve', fixed)
      expect(made).not.toBe(fixed)
      expect(await seenBy(sessions, fixed)).toEqual(NOTHING)
    }
  })

  it('ASVS-7.2.4 a login gives a new id, and the old one opens nothing and gets none of the new rights', async () => {
    const { sessions, clock } = await openSessionWorld(open)
    const planted = await nextId(sessions, '', (session) => session.set('cart', 'before'))
    for (const old of [planted, await loginOf(sessions)]) {
      const id = await loginOf(sessions, 'ada', old)
      expect(id).not.toBe(old)
      for (const ms of [0, GRACE_MS - 1, 1]) {
        clock.advance(ms)
        expect(await seenBy(sessions, old)).toEqual(NOTHING)
        expect(await asked(sessions, old, ({ level, authenticatedAt }) => [level, authenticatedAt])).toEqual([0, undefined])
      }
      expect(await userAt(sessions, id)).toBe('ada')
    }
  })

  it('CS-SM "Renew After Privilege Change" login, another role and another password each take a new id, and the old one is ignored', async () => {
    const { sessions, clock } = await openSessionWorld(open)
    const changes = [
      logIn,
      async (session: Session) => {
        await session.regenerate({ destroy: true })
        session.set('role', 'admin')
      },
      async (session: Session) => {
        await session.regenerate({ destroy: true })
        await sessions.revokeOthers(session)
      },
    ]
    let id = await nextId(sessions, '', (session) => session.set('cart', 'before'))
    for (const change of changes) {
      const next = await nextId(sessions, id, (session) => change(session))
      expect(next).not.toBe(id)
      expect(await seenBy(sessions, id)).toEqual(NOTHING)
      clock.advance(GRACE_MS)
      expect(await seenBy(sessions, id)).toEqual(NOTHING)
      id = next
    }
    expect(await seenBy(sessions, id)).toEqual([false, 'ada', { cart: 'before', role: 'admin' }])
  })

  it('6265bis-8.4 an id that somebody planted is not the one that the login gets, and an id alone carries no data', async () => {
    const { sessions } = await openSessionWorld(open)
    const planted = await nextId(sessions, '', (session) => session.set('planted', true))
    const id = await loginOf(sessions, 'ada', planted)
    expect(id).not.toBe(planted)
    expect(await seenBy(sessions, planted)).toEqual(NOTHING)
    // Another store knows nothing of it.
    const { sessions: elsewhere } = await openSessionWorld(open)
    expect(await seenBy(elsewhere, id)).toEqual(NOTHING)
  })

  it('6265bis-8.6 of two cookies of one name the first that the store knows counts: one of nobody’s hides none, and none is changed for another', async () => {
    const { sessions } = await openSessionWorld(open)
    const [ada, eve] = [await loginOf(sessions, 'ada'), await loginOf(sessions, 'eve')]
    expect([await userAt(sessions, [ada, eve]), await userAt(sessions, [eve, ada])]).toEqual(['ada', 'eve'])
    expect([await userAt(sessions, [NEVER_MADE, ada]), await userAt(sessions, [ada, NEVER_MADE])]).toEqual(['ada', 'ada'])
    expect(await userAt(sessions, ['../x', '', ada])).toBe('ada')
    // It is handed out anew where it was not the first: the shadow is overwritten, not followed.
    const { sent } = await visited(sessions, [NEVER_MADE, ada], (session) => session.set('n', 1))
    expect(sent).toBe(ada)
    expect([await userAt(sessions, ada), await userAt(sessions, eve)]).toEqual(['ada', 'eve'])
  })

  it('CS-SM "Permissive and Strict" an id that the server never made is refused, told of, and replaced by another', async () => {
    const { sessions, driver } = await openSessionWorld(open)
    const refused = told(sessions, 'refused')
    const opened = await visit(sessions, NEVER_MADE)
    opened.session.set('n', 1)
    const made = idIn((await opened.commit()).setCookie)
    expect(made).toMatch(/^[0-9a-f]{40}$/)
    expect(made).not.toBe(NEVER_MADE)
    expect(refused).toMatchObject([{ reason: 'unknown-id', key: keyOf(NEVER_MADE) }])
    expect(await driver.read(keyOf(NEVER_MADE))).toBeUndefined()
  })

  it('CS-SM "As Any Other User Input" what has not the form of an id is refused without a call to the store', async () => {
    const { sessions, driver } = await openSessionWorld(open)
    await loginOf(sessions)
    driver.forget()
    const id = NEVER_MADE
    const odd = [
      '',
      '../../etc/passwd',
      `../${id}`,
      `${id}/..`,
      `${id}\0`,
      `\0${id.slice(1)}`,
      `${id.slice(1)}\n`,
      `${id}\r\nSet-Cookie: x=y`,
    ]
    odd.push(
      `'${id.slice(2)}'`,
      `"${id}"`,
      `${id}' OR '1'='1`,
      `${id.slice(1)}*`,
      `${id.slice(1)}%`,
      'A'.repeat(40),
      'g'.repeat(40),
      'ä'.repeat(40),
    )
    odd.push('0'.repeat(1_000_000), 'x'.repeat(1_000_000), '\u{ff10}'.repeat(40), id.slice(0, 39), `${id}0`)
    for (const text of odd) {
      expect(await seenBy(sessions, text)).toEqual(NOTHING)
      expect((await sessions.start(text)).isNew).toBe(true)
    }
    expect(driver.methods).toEqual([])
  })

  it('CS-SM "Renewal Timeout" an id that was renewed by itself leads on for a moment, then nowhere, and whoever uses it then is told of', async () => {
    const { sessions, clock } = await openSessionWorld(open, { lifetime: { rotateEverySeconds: 900, graceSeconds: 30 } })
    const reasons = refusals(sessions)
    const old = await loginOf(sessions)
    clock.advance(899_999)
    expect(await nextId(sessions, old)).toBe(old)
    clock.advance(1)
    const next = await nextId(sessions, old)
    expect(next).not.toBe(old)
    clock.advance(GRACE_MS - 1)
    expect([await userAt(sessions, old), await userAt(sessions, next), reasons]).toEqual(['ada', 'ada', []])
    clock.advance(1)
    expect((await visited(sessions, old, ({ isNew, userId }) => [isNew, userId])).result).toEqual([true, undefined])
    expect(reasons).toEqual(['replaced-id'])
    expect(await userAt(sessions, next)).toBe('ada')
  })
}
