import { describe, expect, it } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { openSealedShop } from '../support/sealed-shop.ts'
import type { SealedProcess, SealedShop } from '../support/sealed-shop.ts'
import { keyNamesOf, sealing } from '../support/sealed-rings.ts'
import { turns } from './support/idle.ts'
import { failureOf, keyOf, visit } from './support/shop.ts'

const OLD = ['v1', 'v1']
const NEW = ['v2', 'v2']

/** One session under the old key, and a process that has the new one. */
async function stale(
  options: Parameters<SealedShop['processWith']>[1] = {},
): Promise<SealedShop & SealedProcess & { readonly id: string }> {
  const shop = openSealedShop()
  const id = await shop.processWith(sealing('old')).stored()
  return { ...shop, ...shop.processWith(sealing('activated'), options), id }
}

describe('a reseal beside requests', () => {
  it('leaves alone what a request holds, whose commit then works', async () => {
    const { sessions, id, recordOf, driver, idle } = await stale()
    const session = await sessions.start(id)
    session.increment('n')
    expect(await sessions.reseal()).toEqual({ examined: 1, resealed: 0, skipped: 1, unreadable: 0, isDone: true, cursor: undefined })
    expect(keyNamesOf(await recordOf(id))).toEqual(OLD)
    await session.save()
    expect(keyNamesOf(await recordOf(id))).toEqual(NEW)
    expect(await sessions.run(id, (again) => again.get('n'))).toBe(1)
    expect(driver.rewrites).toHaveLength(1)
    await idle()
  })

  it('leaves alone what is handed on from request to request', async () => {
    const { sessions, id, driver, idle } = await stale()
    const progress: unknown[] = []
    await Promise.all([
      ...Array.from({ length: 6 }, () =>
        sessions.run(id, async (session) => {
          session.increment('n')
          await turns(1)
        }),
      ),
      ...Array.from({ length: 6 }, async (_, index) => {
        await turns(index)
        progress.push((await sessions.reseal()).resealed)
      }),
    ])
    expect(progress.every((resealed) => resealed === 0)).toBe(true)
    expect(await sessions.run(id, (session) => session.get('n'))).toBe(6)
    expect(driver.methods.filter((method) => method === 'commit')).toHaveLength(6)
    await idle()
  })

  it('keeps a request with a lease that ended from writing over what it sealed: the request is told that its lock was lost', async () => {
    const { sessions, id, events, clock, recordOf, idle } = await stale({ onGone: 'throw' })
    const open = await visit(sessions, id)
    open.session.increment('n')
    clock.advance(10_001)
    expect(await sessions.reseal()).toMatchObject({ resealed: 1, skipped: 0 })
    const after = await recordOf(id)
    const error = await failureOf(Promise.resolve(open.commit()))
    expect(error).toMatchObject({ code: 'ERR_SESSION_LOCK_LOST', status: 503 })
    expect(events).toContainEqual(expect.objectContaining({ kind: 'refused', reason: 'lock-lost' }))
    expect(await recordOf(id)).toEqual(after)
    expect(await sessions.run(id, (session) => session.increment('n'))).toBe(1)
    await idle()
  })

  it('is in the way of no request that only reads', async () => {
    const { sessions, id, driver } = await stale()
    const session = await sessions.start(id, { concurrency: 'readonly' })
    driver.afterRewrites.push(async () => {
      expect((await sessions.start(id, { concurrency: 'readonly' })).get('n')).toBe(0)
    })
    expect(await sessions.reseal()).toMatchObject({ resealed: 1 })
    expect(session.get('n')).toBe(0)
    expect((await sessions.start(id, { concurrency: 'readonly' })).get('n')).toBe(0)
  })

  it('does not write over what a request stored between its read and its write', async () => {
    const { sessions, id, driver, recordOf, processWith, idle } = await stale()
    const older = processWith(sealing('added')).sessions
    driver.beforeRewrites.push(async () => {
      await older.run(id, (session) => session.set('n', 77))
    })
    expect(await sessions.reseal()).toEqual({ examined: 1, resealed: 0, skipped: 1, unreadable: 0, isDone: true, cursor: undefined })
    expect(keyNamesOf(await recordOf(id))).toEqual(['v1', 'v1'])
    expect(await sessions.reseal()).toMatchObject({ resealed: 1, skipped: 0 })
    expect(await sessions.run(id, (session) => session.get('n'))).toBe(77)
    await idle()
  })

  it('does not bring back what was ended between its read and its write', async () => {
    const { sessions, id, driver, memory } = await stale()
    driver.beforeRewrites.push(async () => {
      await sessions.run(id, (session) => session.destroy())
    })
    expect(await sessions.reseal()).toEqual({ examined: 1, resealed: 0, skipped: 0, unreadable: 0, isDone: true, cursor: undefined })
    expect(await memory.read(keyOf(id))).toBeUndefined()
    expect((await sessions.start(id)).isNew).toBe(true)
  })

  it('does not write over the marker of an id that was changed between its read and its write', async () => {
    const { sessions, id, driver, memory, idle } = await stale()
    let next = ''
    driver.beforeRewrites.push(async () => {
      next = await sessions.run(id, async (session) => {
        session.increment('n')
        await session.regenerate()
        return session.id
      })
    })
    expect(await sessions.reseal()).toEqual({ examined: 1, resealed: 0, skipped: 0, unreadable: 0, isDone: true, cursor: undefined })
    expect((await memory.read(keyOf(id)))?.kind).toBe('marker')
    for (const one of [id, next]) {
      expect(await sessions.run(one, (session) => [session.id, session.get('n')])).toEqual([next, 1])
    }
    await idle()
  })

  it('keeps the idle time that a request renewed between its read and its write', async () => {
    const { sessions, id, driver, recordOf, clock, idle } = await stale()
    const durations = { idleMs: 7_200_000, absoluteMs: undefined }
    driver.beforeRewrites.push(async () => {
      clock.advance(60_000)
      await driver.touch(keyOf(id), durations)
    })
    expect(await sessions.reseal()).toMatchObject({ resealed: 1 })
    expect(await recordOf(id)).toMatchObject({ lastActivity: clock.now(), expiresAt: clock.now() + 7_200_000 })
    await idle()
  })

  it('gives nobody more time: a session that nobody uses ends when it would have', async () => {
    const { sessions, id, memory, clock } = await stale()
    clock.advance(7_199_999)
    expect(await sessions.reseal()).toMatchObject({ resealed: 1 })
    expect(await memory.read(keyOf(id))).toMatchObject({ kind: 'record' })
    clock.advance(1)
    expect(await memory.read(keyOf(id))).toBeUndefined()
    expect(await sessions.reseal()).toMatchObject({ examined: 0 })
  })

  it('tells nobody that a session was used or stored', async () => {
    const { sessions, events, id } = await stale()
    await sessions.reseal()
    expect(events).toEqual([])
    await sessions.run(id, (session) => session.increment('n'))
    expect(events.map(({ kind }) => kind)).toEqual(['committed'])
  })
})

describe.each([
  ['a driver with locks', false],
  ['a driver without locks', true],
])('where one process is all there is, with %s', (_, hidesLocks) => {
  function single(memory: MemoryDriver): SessionManager {
    const driver = hidesLocks ? withoutLocks(memory) : memory
    return new SessionManager({ driver, serializer: sealing('activated'), assumeSingleProcess: true })
  }

  async function prepared(): Promise<{ memory: MemoryDriver; id: string; sessions: SessionManager }> {
    const memory = new MemoryDriver()
    const old = new SessionManager({ driver: memory, serializer: sealing('old') })
    const id = await old.run(undefined, (session) => {
      session.set('n', 0)
      return session.id
    })
    return { memory, id, sessions: single(memory) }
  }

  it('a reseal leaves alone what a request holds, whose commit then works', async () => {
    const { id, sessions } = await prepared()
    const session = await sessions.start(id)
    session.increment('n')
    expect(await sessions.reseal()).toMatchObject({ examined: 1, resealed: 0, skipped: 1 })
    await session.save()
    expect(await sessions.run(id, (again) => again.get('n'))).toBe(1)
  })

  it('a request that comes while its session is being sealed anew is not refused', async () => {
    const { id, sessions, memory } = await prepared()
    const rewrite = memory.rewrite.bind(memory)
    const coming: Promise<unknown>[] = []
    memory.rewrite = async (...asked) => {
      coming.push(sessions.run(id, (session) => session.increment('n')).catch((error: unknown) => error))
      await turns(3)
      return await rewrite(...asked)
    }
    await sessions.reseal()
    expect(await Promise.all(coming)).toEqual([1])
    expect(await sessions.run(id, (again) => again.get('n'))).toBe(1)
  })

  it('a reseal seals what nobody holds', async () => {
    const { id, sessions, memory } = await prepared()
    expect(await sessions.reseal()).toMatchObject({ examined: 1, resealed: 1, skipped: 0 })
    const found = await memory.read(keyOf(id))
    expect(keyNamesOf(found?.kind === 'record' ? found.record : undefined)).toEqual(NEW)
    expect(await sessions.run(id, (session) => session.increment('n'))).toBe(1)
  })
})

/** A driver that keeps no leases, as one of somebody else's. */
function withoutLocks(memory: MemoryDriver): MemoryDriver {
  const hidden = ['acquire', 'commit', 'replace', 'renew', 'unlock']
  return new Proxy(memory, {
    has: (target, name) => !hidden.includes(String(name)) && Reflect.has(target, name),
    get: (target, name) => {
      const value: unknown = hidden.includes(String(name)) ? undefined : Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
