import { describe, expect, it, onTestFinished } from 'vitest'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { testClock } from '../../../src/testing/test-clock.ts'
import { idIn, visit } from '../../manager/support/shop.ts'
import { openDriver } from './support.ts'

const READING = { concurrency: 'readonly' } as const
const MERGING = { concurrency: 'merge' } as const

async function openHouse() {
  const clock = testClock()
  const driver = await openDriver({ singleProcess: true, clock: clock.now })
  const sessions = new SessionManager({ driver, assumeSingleProcess: true, collectEverySeconds: 0 })
  onTestFinished(() => sessions.close())
  const first = await visit(sessions)
  first.session.set('n', 0)
  return { clock, sessions, id: idIn((await first.commit()).setCookie) ?? expect.fail() }
}

describe('a manager without leases, on files', () => {
  it.each([
    ['an exclusive request', {}],
    ['one that merges', MERGING],
  ])('stores what %s did while a read-only one records its use', async (_title, request) => {
    const { clock, sessions, id } = await openHouse()
    clock.advance(120_000)
    const [reading, writing] = [await visit(sessions, id, READING), await visit(sessions, id, request)]
    writing.session.increment('n')
    await Promise.all([reading.commit(), writing.commit()])
    expect(await sessions.run(id, (session) => session.get('n'))).toBe(1)
  })

  it('records the use of a session that is only read', async () => {
    const { clock, sessions, id } = await openHouse()
    for (let hour = 0; hour < 4; hour++) {
      clock.advance(3_600_000)
      await (await visit(sessions, id, READING)).commit()
    }
    expect(await sessions.run(id, (session) => session.get('n'))).toBe(0)
  })
})
