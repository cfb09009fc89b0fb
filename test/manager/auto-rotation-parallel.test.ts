import { describe, expect, it } from 'vitest'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { testClock } from '../../src/testing/test-clock.ts'
import { asked, nextId, recordUnder, refusals, visited } from '../support/visits.ts'
import { openShop } from './support/shop.ts'
import type { Shop } from './support/shop.ts'

const EVERY_MS = 900_000
const OPTIONS = { lifetime: { rotateEverySeconds: 900, graceSeconds: 30 } }
const nothing = (): void => undefined

async function due(): Promise<Shop & { readonly id: string; readonly reasons: string[] }> {
  const shop = openShop(OPTIONS)
  const id = await shop.stored((session) => {
    session.setUserId('ada')
    session.set('n', 0)
  })
  shop.clock.advance(EVERY_MS)
  return { ...shop, id, reasons: refusals(shop.sessions) }
}

describe('CS-SM Renewal Timeout: parallel requests', () => {
  it('20 of them in two processes come to one new id, lose nothing, and each response sends its cookie', async () => {
    const { sessions, another, driver, memory, id, reasons, idle } = await due()
    const processes = [sessions, another()]
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, index) => visited(processes[index % 2] ?? sessions, id, (session) => session.increment('n'))),
    )
    const [{ sent = '' } = { sent: '' }] = all
    expect(all.map((each) => each.sent)).toEqual(Array.from({ length: 20 }, () => sent))
    expect(sent).not.toBe(id)
    expect(await asked(sessions, sent, (session) => [session.get('n'), session.userId])).toEqual([20, 'ada'])
    expect(driver.methods.filter((method) => method === 'replace')).toHaveLength(1)
    expect((await memory.list()).sessions).toHaveLength(1)
    expect(reasons).toEqual([])
    await idle()
  })

  it('20 of them that change nothing come to one new id as well', async () => {
    const { sessions, driver, id, idle } = await due()
    const all = await Promise.all(Array.from({ length: 20 }, () => visited(sessions, id, (session) => session.userId)))
    expect(new Set(all.map(({ result, sent }) => `${result} ${sent === id}`))).toEqual(new Set(['ada false']))
    expect(driver.methods.filter((method) => method === 'replace')).toHaveLength(1)
    await idle()
  })

  it('a read-only one under the old id reads the session, whichever is first', async () => {
    const { sessions, id, idle } = await due()
    const early = visited(sessions, id, ({ userId }) => userId, { concurrency: 'readonly' })
    const next = await nextId(sessions, id, nothing)
    const late = visited(sessions, id, ({ userId }) => userId, { concurrency: 'readonly' })
    expect([await early, await late]).toEqual([
      { result: 'ada', sent: undefined },
      { result: 'ada', sent: next },
    ])
    await idle()
  })

  it('one that failed lets the next in line do it', async () => {
    const { sessions, driver, id, idle } = await due()
    driver.failNext('replace')
    const all = await Promise.allSettled(Array.from({ length: 5 }, () => visited(sessions, id, (session) => session.increment('n'))))
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled', 'fulfilled'])
    expect(await asked(sessions, id, (session) => [session.get('n'), session.userId])).toEqual([4, 'ada'])
    expect(driver.methods.filter((method) => method === 'replace')).toHaveLength(2)
    await idle()
  })

  it('one that logs in is alone: the others are not let in with its rights', async () => {
    const { sessions, id, idle } = await due()
    const login = visited(sessions, id, async (session) => {
      await session.regenerate({ destroy: true })
      session.setUserId('root')
    })
    const others = await Promise.all(Array.from({ length: 5 }, () => visited(sessions, id, ({ userId }) => userId)))
    expect(await asked(sessions, (await login).sent ?? '', ({ userId }) => userId)).toBe('root')
    expect(others).toEqual(Array.from({ length: 5 }, () => ({ result: undefined, sent: undefined })))
    await idle()
  })

  it('one that logs out is the last: no rotation brings the session back', async () => {
    const { sessions, memory, id, idle } = await due()
    const all = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        visited(sessions, id, async (session) => {
          if (index === 4) await session.destroy()
          return session.userId
        }),
      ),
    )
    expect(all.map(({ result }) => result)).toEqual(Array.from({ length: 10 }, (_, index) => (index < 4 ? 'ada' : undefined)))
    expect((await memory.list()).sessions).toEqual([])
    await idle()
  })

  it('are served, or the option is refused, where the manager’s own queue is all the locking there is', async () => {
    const clock = testClock()
    const driver = new MemoryDriver({ clock: clock.now })
    let sessions: SessionManager
    try {
      sessions = new SessionManager({ driver, clock: clock.now, assumeSingleProcess: true, ...OPTIONS })
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_SESSION_CONFIG' })
      return
    }
    const { sent: id = '' } = await visited(sessions, [], (session) => session.setUserId('ada'))
    clock.advance(EVERY_MS)
    const all = await Promise.all(Array.from({ length: 3 }, () => visited(sessions, id, ({ userId }) => userId)))
    expect(all.map(({ result }) => result)).toEqual(['ada', 'ada', 'ada'])
  })
})

describe('CS-SM Renewal Timeout: a new id that never reached the browser', () => {
  it('is found by the old one within the grace, and the login is kept', async () => {
    const { sessions, clock, driver, id, reasons, idle } = await due()
    const { sent: lost } = await visited(sessions, id, (session) => session.increment('n'))
    clock.advance(29_999)
    expect(await visited(sessions, id, (session) => [session.userId, session.get('n')])).toEqual({ result: ['ada', 1], sent: lost })
    expect([driver.methods.filter((method) => method === 'replace').length, reasons]).toEqual([1, []])
    await idle()
  })

  it('is not found after the grace: the old one is dead, and its use is told of', async () => {
    const { sessions, clock, id, reasons, idle } = await due()
    const { sent: lost = '' } = await visited(sessions, id, nothing)
    clock.advance(30_000)
    for (const concurrency of ['exclusive', 'readonly'] as const) {
      const { result, sent } = await visited(sessions, id, (session) => [session.isNew, session.userId], { concurrency })
      expect([result, sent]).toEqual([[true, undefined], undefined])
    }
    expect(reasons).toEqual(['replaced-id', 'replaced-id'])
    expect(await asked(sessions, lost, ({ userId }) => userId)).toBe('ada')
    await idle()
  })

  it('is found although the next one got lost as well', async () => {
    const { sessions, clock, memory, id, idle } = await due()
    const second = await nextId(sessions, id, nothing)
    clock.advance(20_000)
    const { sent: third = '' } = await visited(sessions, id, (session) => session.regenerate())
    clock.advance(9_999)
    expect((await visited(sessions, id, ({ userId }) => userId)).result).toBe('ada')
    clock.advance(1)
    expect(await asked(sessions, id, ({ isNew }) => isNew)).toBe(true)
    expect(await asked(sessions, second, ({ userId }) => userId)).toBe('ada')
    expect(await recordUnder(memory, third)).toMatchObject({ userId: 'ada' })
    await idle()
  })
})
