import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import type { BindingAction, BindingOptions } from '../../../src/manager/options.ts'
import { notedEvents } from '../../support/owners-shop.ts'
import type { MovedStore } from '../../support/moved-stores.ts'
import { nextId, refusals, visited } from '../../support/visits.ts'
import { loginOf, openSessionWorld, userAt } from '../support/session-world.ts'

const HOME = { ipAddress: '203.0.113.7', userAgent: 'Amiga/4.1' }
const ELSEWHERE = { ipAddress: '198.51.100.9', userAgent: HOME.userAgent }
const OTHER_AGENT = { ipAddress: HOME.ipAddress, userAgent: 'Atari/TOS' }

/** What an application is told of its sessions, and what may be done about one that looks stolen. */
export function watchTests(open: () => Promise<MovedStore>): void {
  /** A session of a place, and what becomes of a request from another one with its cookie. */
  async function moving(binding: BindingOptions, to: typeof HOME) {
    const { sessions } = await openSessionWorld(open, { binding })
    const reasons = refusals(sessions)
    const { sent: id = '' } = await visited(sessions, [], (session) => session.setUserId('ada'), HOME)
    await visited(sessions, id, (session) => session.set('n', 1), HOME)
    expect(reasons).toEqual([])
    const { result, sent } = await visited(sessions, id, ({ userId }) => userId, to)
    const back = (await visited(sessions, sent ?? id, ({ userId }) => userId, { ...HOME, concurrency: 'readonly' })).result
    return { user: result, isNewId: sent !== undefined && sent !== id, back, told: reasons[0] }
  }

  it.each<[BindingAction, object]>([
    ['off', { user: 'ada', isNewId: false, back: 'ada', told: undefined }],
    ['report', { user: 'ada', isNewId: false, back: 'ada', told: 'binding' }],
    ['rotate', { user: 'ada', isNewId: true, back: 'ada', told: 'binding' }],
    // The visitor has to log in again; the session stays for whom it belongs to.
    ['reject', { user: undefined, isNewId: false, back: 'ada', told: 'binding' }],
  ])('CS-SM "Binding" a session that comes from another network or browser: %s', async (action, expected) => {
    expect(await moving({ ipAddress: action }, ELSEWHERE)).toEqual(expected)
    expect(await moving({ userAgent: action }, OTHER_AGENT)).toEqual(expected)
    expect((await moving({ ipAddress: action, userAgent: action }, { ...HOME, ipAddress: '203.0.113.99' })).told).toBeUndefined()
  })

  it('NIST-5.3 a listener can watch for sessions that move, and end them, or make their user log in again', async () => {
    const { sessions } = await openSessionWorld(open, { binding: { ipAddress: 'report' } })
    const moved: (string | undefined)[] = []
    sessions.on('refused', ({ reason, key }) => void (reason === 'binding' && moved.push(key)))
    const id = await loginOf(sessions)
    await visited(sessions, id, (session) => session.set('n', 1), HOME)
    await visited(sessions, id, () => undefined, ELSEWHERE)
    expect(moved).toEqual([createHash('sha256').update(id).digest('hex')])
    expect(await sessions.revokeUser('ada')).toBe(1)
    expect(await userAt(sessions, id)).toBeUndefined()
    const { sessions: strict } = await openSessionWorld(open, { binding: { ipAddress: 'reject' } })
    const { sent = '' } = await visited(strict, [], (session) => session.setUserId('ada'), HOME)
    expect((await visited(strict, sent, (session) => session.isFresh({ withinSeconds: 900 }), ELSEWHERE)).result).toBe(false)
  })

  it('CS-SM "Logging life cycle" making, renewing, ending and refusing are events, with the hash of the id and never the id', async () => {
    const { sessions, clock } = await openSessionWorld(open)
    const events = notedEvents(sessions, ['created', 'committed', 'regenerated', 'destroyed', 'revoked', 'refused'])
    const first = await nextId(sessions, '', (session) => session.set('n', 1))
    const login = await loginOf(sessions, 'ada', first)
    const renewed = await nextId(sessions, login, (session) => session.regenerate())
    await visited(sessions, renewed, (session) => session.destroy())
    await visited(sessions, renewed, () => undefined)
    clock.advance(30_000)
    await visited(sessions, login, () => undefined)
    await loginOf(sessions, 'bob')
    await sessions.revokeUser('bob')
    const seen = events.map(({ kind, ...event }) => [kind, 'reason' in event ? event.reason : undefined, event.key])
    const hash = (id: string): string => createHash('sha256').update(id).digest('hex')
    expect(seen).toEqual([
      ['created', undefined, hash(first)],
      ['regenerated', 'login', hash(login)],
      ['regenerated', 'rotation', hash(renewed)],
      ['destroyed', undefined, hash(renewed)],
      ['refused', 'unknown-id', hash(renewed)],
      ['refused', 'replaced-id', hash(login)],
      ['created', undefined, expect.any(String)],
      ['revoked', 'user', undefined],
    ])
    for (const id of [first, login, renewed]) expect(JSON.stringify(events)).not.toContain(id)
  })

  it('CS-SM "Logging life cycle" beginning a request and expiring are events too, as far as the store can tell an expired id from one that never was', async () => {
    const { sessions, another, clock } = await openSessionWorld(open)
    const id = await loginOf(sessions)
    // The store still has it: its limits were made shorter since.
    const strict = another({ lifetime: { idleSeconds: 600 } })
    const events = notedEvents(strict, ['started', 'expired', 'refused', 'collected'])
    clock.advance(599_000)
    await visited(strict, id, () => undefined, { concurrency: 'readonly' })
    clock.advance(600_000)
    await visited(strict, id, () => undefined)
    clock.advance(7_200_000)
    await visited(strict, id, () => undefined)
    const key = createHash('sha256').update(id).digest('hex')
    expect(events.map((event) => [event.kind, event.key])).toEqual([
      ['started', key],
      ['expired', key],
      ['refused', key],
    ])
    expect(JSON.stringify(events)).not.toContain(id)
  })

  it('CS-SM "Guessing detection" each unknown id is an event with the address it came from, so that a limiter can count', async () => {
    const { sessions } = await openSessionWorld(open)
    const id = await loginOf(sessions)
    const misses = new Map<string | undefined, number>()
    sessions.on('refused', ({ reason, ipAddress }) => {
      if (reason === 'unknown-id') misses.set(ipAddress, (misses.get(ipAddress) ?? 0) + 1)
    })
    for (let n = 0; n < 20; n++) await visited(sessions, `${n}`.padStart(40, 'e'), () => undefined, ELSEWHERE)
    await visited(sessions, 'f'.repeat(40), () => undefined, HOME)
    await visited(sessions, id, () => undefined, HOME)
    expect([...misses]).toEqual([
      [ELSEWHERE.ipAddress, 20],
      [HOME.ipAddress, 1],
    ])
  })
}
