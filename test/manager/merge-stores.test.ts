import { describe, expect, it } from 'vitest'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { EncryptedSerializer } from '../../src/serializers/encrypted.ts'
import { begin, openCounter } from './support/merging.ts'
import { codeOf, keyOf, visit } from './support/shop.ts'
import { withoutLocks } from './support/without-locks.ts'
import { recordUnder, told } from '../support/visits.ts'
import { newKey } from '../support/sealed.ts'

const MERGE = { concurrency: 'merge' } as const
const SECOND = 1000

describe('sessions that merge', () => {
  it('are sealed anew each time, and lose nothing', async () => {
    const serializer = new EncryptedSerializer({ keys: { k: newKey() } })
    const { both } = await openCounter((session) => session.set('n', 0), { serializer })
    expect(
      await both(
        (session) => session.increment('n'),
        (session) => session.set('a', 1),
      ),
    ).toEqual({ n: 1, a: 1 })
  })

  it('record their use when it is due, in the background, and send the cookie with it', async () => {
    for (const concurrency of ['merge', 'readonly'] as const) {
      const { sessions, driver, clock, id, memory } = await openCounter((session) => session.set('n', 0))
      clock.advance(59 * SECOND)
      expect(await (await begin(sessions, id, undefined, { concurrency })).end()).toBeUndefined()
      expect(driver.methods).toEqual(['read'])
      clock.advance(SECOND)
      expect(await (await begin(sessions, id, undefined, { concurrency })).end()).toBe(id)
      expect(driver.methods).toEqual(['read', 'read', 'touch'])
      expect(await recordUnder(memory, id)).toMatchObject({ lastActivity: clock.now(), version: { counter: 1 } })
    }
  })

  it('do not let the response wait for that where the cookie does not live by it', async () => {
    const { sessions, driver, clock, id } = await openCounter((session) => session.set('n', 0), { cookie: { lifetimeSeconds: 0 } })
    clock.advance(60 * SECOND)
    const open = await visit(sessions, id, { concurrency: 'readonly' })
    const committed = open.commit()
    expect(committed).not.toBeInstanceOf(Promise)
    expect(driver.methods).toEqual(['read', 'touch'])
  })

  it('and tell of it as trouble where it fails, and nothing else', async () => {
    const { sessions, driver, clock, id } = await openCounter((session) => session.set('n', 0))
    const troubles = told(sessions, 'trouble')
    clock.advance(60 * SECOND)
    driver.failNext('touch')
    expect(await (await begin(sessions, id)).end()).toBeUndefined()
    expect(troubles.map(({ operation }) => operation)).toEqual(['touch'])
  })

  it('that failed in the store fail as the store did, and do nothing twice', async () => {
    const { sessions, driver, id, peek } = await openCounter((session) => session.set('n', 0))
    const request = await begin(sessions, id, (session) => session.increment('n'))
    driver.loseAnswer('update')
    expect(await codeOf(request.end())).toBe('ERR_SESSION_DRIVER_FAILED')
    expect(driver.methods).toEqual(['read', 'update'])
    expect(await peek(id)).toMatchObject({ n: 1 })
  })

  it('get a new id by themselves when it is time, one for all that ask at once, and go on without the lock', async () => {
    const { sessions, driver, clock, id, peek, idle } = await openCounter((session) => session.set('n', 0), {
      lifetime: { rotateEverySeconds: 600 },
    })
    clock.advance(600 * SECOND)
    const three = await Promise.all([1, 2, 3].map(() => begin(sessions, id, (session) => session.increment('n'))))
    const sent = await Promise.all(three.map((one) => one.end()))
    expect(new Set(sent).size).toBe(1)
    expect(sent[0]).not.toBe(id)
    expect(driver.methods.filter((method) => method === 'replace')).toHaveLength(1)
    expect(await peek(sent[0] ?? '')).toMatchObject({ n: 3 })
    await idle()
  })

  it('give back nothing that they never had when their client is gone', async () => {
    const { sessions, id, peek, idle } = await openCounter((session) => session.set('n', 0))
    const open = await visit(sessions, id, MERGE)
    open.session.increment('n')
    await open.discard(new Error('gone'))
    expect(await peek(id)).toMatchObject({ n: 0 })
    await idle()
  })
})

describe('a driver without locks', () => {
  it('takes sessions that merge, and refuses what would need a lock in the store', async () => {
    const { memory, clock } = await openCounter((session) => session.set('n', 0))
    const driver = withoutLocks(memory)
    const sessions = new SessionManager({ driver, concurrency: 'merge', clock: clock.now })
    const first = await sessions.start()
    first.set('n', 0)
    await first.save()
    const [one, other] = await Promise.all([1, 2].map(() => begin(sessions, first.id, (session) => session.increment('n'))))
    await one?.end()
    await other?.end()
    expect((await sessions.start(first.id)).get('n')).toBe(2)
    const session = await sessions.start(first.id)
    expect(await codeOf(session.regenerate())).toBe('ERR_SESSION_CONFIG')
    expect(await memory.read(keyOf(first.id))).toMatchObject({ kind: 'record' })
    await sessions.close()
  })

  it('and ends as a conflict what other processes overtake time after time', async () => {
    const { memory, driver } = await openCounter((session) => session.set('n', 0))
    const sessions = new SessionManager({ driver: withoutLocks(driver), concurrency: 'merge' })
    const quick = new SessionManager({ driver: memory })
    const id = await quick.run(undefined, (session) => {
      session.set('n', 0)
      return session.id
    })
    const slow = await begin(sessions, id, (session) => session.increment('n'))
    for (let times = 0; times < 5; times++) driver.beforeNext('update', () => quick.run(id, (session) => void session.increment('n')))
    expect(await codeOf(slow.end())).toBe('ERR_SESSION_CONFLICT')
    expect(await quick.run(id, (session) => session.get('n'))).toBe(5)
    await sessions.close()
  })
})
