import { createClient } from 'redis'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { RedisDriver } from '../../src/drivers/redis/redis-driver.ts'
import type { LifetimeOptions } from '../../src/manager/options.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import type { Session } from '../../src/session/session.ts'
import { describeNeeding } from '../support/needs.ts'
import { newPrefix, openPlace } from '../support/redis-plain.ts'
import type { Place } from '../support/redis-plain.ts'
import { asked, visited } from '../support/visits.ts'

const WAIT_MS = 100
const MOST_TRIES = 200

interface Look {
  /** The server's clock before and after, in milliseconds. */
  readonly before: number
  readonly after: number
  readonly isAlive: boolean
}

const isThere = ({ isNew }: Session): boolean => !isNew

const using =
  (use: (session: Session) => unknown) =>
  (session: Session): boolean => {
    if (isThere(session)) use(session)
    return isThere(session)
  }

// The server's clock cannot be moved. Each look at a session lies between two looks at that clock: whoever is slow sees less, and nothing wrong.
describeNeeding('redis', 'the limits of sessions in Redis, on its own clock', () => {
  const prefix = newPrefix()
  let place: Place

  beforeAll(async () => {
    place = await openPlace(prefix)
  })
  afterAll(() => place.close())

  async function now(): Promise<number> {
    const [seconds, micros] = (await place.plain.sendCommand(['TIME'])) as [string, string]
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000)
  }

  async function world(lifetime: LifetimeOptions): Promise<SessionManager> {
    const client = createClient({ url: place.url })
    await client.connect()
    const driver = new RedisDriver({ client, prefix })
    const sessions = new SessionManager({ driver, clock: () => 0, lifetime: { touchEverySeconds: 0, ...lifetime } })
    onTestFinished(async () => {
      await sessions.close({ waitSeconds: 0 })
      client.destroy()
    })
    return sessions
  }

  /** Looks again and again until the session is gone. */
  async function looks(sessions: SessionManager, id: string, use?: (session: Session) => unknown): Promise<Look[]> {
    const all: Look[] = []
    for (let tries = 0; tries < MOST_TRIES && all.at(-1)?.isAlive !== false; tries++) {
      const before = await now()
      const isAlive = use === undefined ? await asked(sessions, id, isThere) : (await visited(sessions, id, using(use))).result
      all.push({ before, after: await now(), isAlive })
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS))
    }
    return all
  }

  /** That a session which began between two instants was there for so long, and no longer. */
  function expectEnd(all: readonly Look[], began: readonly [number, number], ms: number): void {
    const surely = all.filter(({ after }) => after < began[0] + ms)
    expect(surely.length).toBeGreaterThan(0)
    expect(surely.filter(({ isAlive }) => !isAlive)).toEqual([])
    expect(all.filter(({ before, isAlive }) => isAlive && before >= began[1] + ms)).toEqual([])
    expect(all.at(-1)?.isAlive).toBe(false)
  }

  it('ASVS-7.3.1: without use a session works until its idle time is over, and then is refused', async () => {
    const sessions = await world({ idleSeconds: 5 })
    const before = await now()
    const { sent = '' } = await visited(sessions, [], (session) => session.set('n', 0))
    const began = [before, await now()] as const
    expectEnd(await looks(sessions, sent), began, 5000)
  })

  it.each([
    ['changes', (session: Session) => session.increment('n')],
    ['changes nothing', () => undefined],
  ])('ASVS-7.3.2: no activity carries a session past its absolute limit, when it %s', async (_, use) => {
    const sessions = await world({ idleSeconds: 5, absoluteSeconds: 5 })
    const before = await now()
    const { sent = '' } = await visited(sessions, [], (session) => session.set('n', 0))
    const began = [before, await now()] as const
    expectEnd(await looks(sessions, sent, use), began, 5000)
  })

  it('NIST-5.2: a new proof of who the user is begins the absolute limit anew', async () => {
    const sessions = await world({ idleSeconds: 8, absoluteSeconds: 8 })
    const { sent = '' } = await visited(sessions, [], (session) => session.set('n', 0))
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const before = await now()
    await visited(sessions, sent, (session) => session.markAuthenticated())
    const began = [before, await now()] as const
    expectEnd(await looks(sessions, sent, () => undefined), began, 8000)
  })
})
