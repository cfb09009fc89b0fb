import { expect, it } from 'vitest'
import { timePasses } from '../support/both-clocks.ts'
import { visited } from '../support/visits.ts'
import { openShop, visit } from './support/shop.ts'

it('ASVS-7.3.2: a session that ended while others waited for its lock is handed on to none of them', async () => {
  const { sessions, clock, stored, idle } = openShop({ lifetime: { absoluteSeconds: 3000, idleSeconds: 2000 } })
  const id = await stored()
  clock.advance(1_500_000)
  await visited(sessions, id, (session) => session.increment('n'))
  clock.advance(1_499_999)
  const first = await visit(sessions, id)
  expect(first.session.isNew).toBe(false)
  const waiting = Array.from({ length: 3 }, () => visit(sessions, id))
  timePasses(clock, 5000)
  first.session.increment('n')
  await first.commit()
  for (const each of waiting) {
    const open = await each
    expect(open.session.isNew).toBe(true)
    await open.commit()
  }
  await idle()
})

it('ASVS-7.3.1: one that waited for the lock of a session in use finds it in use', async () => {
  const { sessions, clock, stored, idle } = openShop({ lifetime: { idleSeconds: 2000 } })
  const id = await stored()
  clock.advance(1_999_999)
  const first = await visit(sessions, id)
  const waiting = visit(sessions, id)
  timePasses(clock, 5000)
  first.session.increment('n')
  await first.commit()
  const second = await waiting
  expect(second.session.get('n')).toBe(1)
  await second.commit()
  await idle()
})

it('NIST-5.1 c: how old a proof is counts on, for one that waited while another had the session', async () => {
  const { sessions, clock, stored, idle } = openShop({ lifetime: { absoluteSeconds: 1000 } })
  const id = await stored((session) => {
    session.setUserId('ada')
    session.markAuthenticated()
  })
  clock.advance(895_000)
  const first = await visit(sessions, id)
  const waiting = visit(sessions, id)
  timePasses(clock, 8000)
  first.session.set('n', 1)
  await first.commit()
  const second = await waiting
  expect(second.session.isFresh({ withinSeconds: 900 })).toBe(false)
  await second.commit()
  await idle()
})
