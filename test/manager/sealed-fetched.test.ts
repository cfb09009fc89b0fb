import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { session as withSession } from '../../src/adapters/fetch.ts'
import { EncryptedSerializer } from '../../src/serializers/encrypted.ts'
import type { KeyRingOptions } from '../../src/serializers/encrypted.ts'
import type { SessionManager } from '../../src/manager/session-manager.ts'
import { openSealedShop } from '../support/sealed-shop.ts'
import type { SealedProcess, SealedShop } from '../support/sealed-shop.ts'
import { keyNamesOf, rings, sealing } from '../support/sealed-rings.ts'
import { turns } from './support/idle.ts'
import { codeOf, failureOf, keyOf, visit } from './support/shop.ts'
import type { Options } from './support/shop.ts'

// How often keys are fetched is a matter of time, which passes when the test says so.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

/** A key management service: what it gives, and how often it was asked. */
interface Keeper {
  ring: KeyRingOptions | (() => KeyRingOptions | Promise<KeyRingOptions>)
  asked: number
  readonly fetch: () => KeyRingOptions | Promise<KeyRingOptions>
}

function keeperOf(ring: Keeper['ring']): Keeper {
  const keeper: Keeper = {
    ring,
    asked: 0,
    fetch: () => {
      keeper.asked += 1
      return typeof keeper.ring === 'function' ? keeper.ring() : keeper.ring
    },
  }
  return keeper
}

const down = (): never => {
  throw new Error('no such host: kms.internal')
}

interface Scene {
  readonly shop: SealedShop
  readonly id: string
  readonly keeper: Keeper
  readonly process: SealedProcess
}

/** A session under the old key, and a process that fetches its keys. */
async function scene(ring: Keeper['ring'], options: Options = {}): Promise<Scene> {
  const shop = openSealedShop()
  const id = await shop.processWith(sealing('old')).stored()
  const keeper = keeperOf(ring)
  return { shop, id, keeper, process: shop.processWith(new EncryptedSerializer({ keys: keeper.fetch }), options) }
}

/** The answer of an application to a visitor with this id. */
async function answerTo(sessions: SessionManager, id: string): Promise<Response> {
  const app = withSession(sessions)((_request, { session }) => Response.json([session.isNew, session.get('n') ?? null]))
  return await app(new Request('https://test.example/', { headers: { cookie: `__Host-ml_session=${id}` } }))
}

describe('keys that are fetched', () => {
  it('are fetched when the store is opened, once, however many requests come first', async () => {
    const { shop, id, keeper, process } = await scene(async () => await Promise.resolve(rings.added))
    expect(keeper.asked).toBe(0)
    await Promise.all(Array.from({ length: 10 }, () => process.sessions.run(id, (session) => session.increment('n'))))
    await process.sessions.ready()
    expect(keeper.asked).toBe(1)
    expect(await process.peek(id)).toMatchObject({ n: 10 })
    await shop.idle()
  })

  it('that cannot be fetched fail ready() with a 503, and the next call tries again', async () => {
    const { keeper, process } = await scene(down)
    const error = await failureOf(process.sessions.ready())
    expect(error).toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED', status: 503, cause: new Error('no such host: kms.internal') })
    keeper.ring = rings.added
    vi.advanceTimersByTime(1000)
    await process.sessions.ready()
    expect(keeper.asked).toBe(2)
  })

  it('that cannot be fetched fail the request with a 503 and end no session; the next request tries again', async () => {
    const { shop, id, keeper, process } = await scene(down)
    const before = await shop.recordOf(id)
    const response = await answerTo(process.sessions, id)
    expect([response.status, response.headers.get('set-cookie'), await response.text()]).toEqual([503, null, 'Service Unavailable'])
    expect(process.events).toEqual([expect.objectContaining({ kind: 'refused', reason: 'store-error', detail: undefined })])
    expect(await shop.recordOf(id)).toEqual(before)
    keeper.ring = rings.added
    vi.advanceTimersByTime(1000)
    expect(await (await answerTo(process.sessions, id)).json()).toEqual([false, 0])
    await shop.idle()
  })

  it('that cannot be fetched are not asked for by every request of a busy server', async () => {
    const { id, keeper, process } = await scene(down)
    for (let each = 0; each < 20; each++) expect((await answerTo(process.sessions, id)).status).toBe(503)
    expect(keeper.asked).toBe(1)
    vi.advanceTimersByTime(1000)
    await Promise.all(Array.from({ length: 20 }, () => answerTo(process.sessions, id)))
    expect(keeper.asked).toBe(2)
  })

  it('that cannot be fetched are a store that cannot be reached, for onStoreError: anonymous', async () => {
    const { shop, id, keeper, process } = await scene(down, { onStoreError: 'anonymous' })
    for (const concurrency of ['exclusive', 'readonly'] as const) {
      const open = await visit(process.sessions, id, { concurrency })
      expect([open.session.isNew, open.session.all()]).toEqual([true, {}])
      expect(() => open.session.set('n', 1)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_READONLY' }))
      expect(await open.commit()).toEqual({ setCookie: undefined })
    }
    keeper.ring = rings.added
    vi.advanceTimersByTime(1000)
    expect((await visit(process.sessions, id, { concurrency: 'readonly' })).session.get('n')).toBe(0)
    await shop.idle()
  })

  it('that do not come within 10 seconds fail the request', async () => {
    const { id, process } = await scene(() => new Promise(() => undefined))
    const failure = failureOf(visit(process.sessions, id))
    await turns(2)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await failure).toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED', status: 503, message: expect.stringContaining('keys') })
  })

  it('are not needed by a visitor for whom nothing is kept, and a new session waits for them', async () => {
    const { shop, keeper, process } = await scene(down)
    const open = await visit(process.sessions)
    expect(await open.commit()).toEqual({ setCookie: undefined })
    const storing = await visit(process.sessions)
    storing.session.set('n', 1)
    expect(await codeOf(Promise.resolve(storing.commit()))).toBe('ERR_SESSION_DRIVER_FAILED')
    expect((await shop.memory.list()).sessions).toHaveLength(1)
    keeper.ring = rings.activated
    vi.advanceTimersByTime(1000)
    const id = await process.sessions.run(undefined, (session) => {
      session.set('n', 1)
      return session.id
    })
    expect(keyNamesOf(await shop.recordOf(id))).toEqual(['v2', 'v2'])
  })

  it.each([
    ['weak', { v1: 'a'.repeat(43) }, 'keys.v1'],
    ['empty', {}, 'keys'],
    ['no ring', 'v1' as unknown as KeyRingOptions, 'keys'],
    ['two that seal', { a: { key: rings.old.v1, state: 'seals' }, b: { key: rings.foreign.x1, state: 'seals' } } as const, 'keys.b.state'],
  ])('that make no ring are a mistake, and are told as one: %s', async (_, ring, option) => {
    const { shop, id, process } = await scene(() => ring, { onStoreError: 'anonymous' })
    const before = await shop.recordOf(id)
    for (const failing of [process.sessions.ready(), visit(process.sessions, id)]) {
      expect(await failureOf(failing)).toMatchObject({ code: 'ERR_SESSION_CONFIG', message: expect.stringContaining(`Option '${option}'`) })
    }
    expect((await answerTo(process.sessions, id)).status).toBe(500)
    expect(await shop.recordOf(id)).toEqual(before)
  })

  it('that another server seals with already are fetched when the first text under them comes', async () => {
    const { shop, id, keeper, process } = await scene(rings.old)
    await process.sessions.ready()
    keeper.ring = rings.activated
    vi.advanceTimersByTime(6000)
    await shop.processWith(sealing('activated')).sessions.run(id, (session) => session.set('n', 7))
    const several = await Promise.all([1, 2, 3].map(() => visit(process.sessions, id, { concurrency: 'readonly' })))
    expect(several.map(({ session }) => session.get('n'))).toEqual([7, 7, 7])
    expect(keeper.asked).toBe(2)
    expect(process.events).toEqual([])
    await process.sessions.run(id, (session) => session.increment('n'))
    expect(keyNamesOf(await shop.recordOf(id))).toEqual(['v2', 'v2'])
    await shop.idle()
  })

  it('that another server seals with already, and that cannot be fetched, fail its requests with a 503 and end no session', async () => {
    const { shop, id, keeper, process } = await scene(rings.old)
    await process.sessions.ready()
    await shop.processWith(sealing('activated')).sessions.run(id, (session) => session.set('n', 7))
    const before = await shop.recordOf(id)
    keeper.ring = down
    vi.advanceTimersByTime(6000)
    for (let each = 0; each < 2; each++) {
      const response = await answerTo(process.sessions, id)
      expect([response.status, response.headers.get('set-cookie')]).toEqual([503, null])
    }
    const refused = expect.objectContaining({ kind: 'refused', reason: 'store-error' })
    expect(process.events).toEqual([expect.objectContaining({ kind: 'trouble', operation: 'keys' }), refused, refused])
    expect(await shop.recordOf(id)).toEqual(before)
    keeper.ring = rings.activated
    vi.advanceTimersByTime(6000)
    expect(await (await answerTo(process.sessions, id)).json()).toEqual([false, 7])
    await shop.idle()
  })

  it('that nobody has are asked for every five seconds at most, and what needs them is unreadable', async () => {
    const { shop, id, keeper, process } = await scene(rings.foreign)
    await process.sessions.ready()
    for (let second = 0; second < 12; second++) {
      for (let each = 0; each < 5; each++) expect(await process.peek(id)).toBeUndefined()
      vi.advanceTimersByTime(1000)
    }
    expect(keeper.asked).toBe(3)
    expect(process.events).toHaveLength(60)
    expect(process.events[0]).toMatchObject({ kind: 'refused', reason: 'unreadable', detail: 'unknown-key', key: keyOf(id) })
    await shop.idle()
  })

  it('are fetched again after five minutes without a request waiting for them, and a failure is told and ends nothing', async () => {
    const { shop, id, keeper, process } = await scene(rings.old)
    await process.sessions.ready()
    keeper.ring = rings.activated
    vi.advanceTimersByTime(299_000)
    await process.sessions.run(id, (session) => session.increment('n'))
    expect(keeper.asked).toBe(1)
    vi.advanceTimersByTime(1000)
    await process.sessions.run(id, (session) => session.increment('n'))
    await turns(2)
    expect(keeper.asked).toBe(2)
    await process.sessions.run(id, (session) => session.increment('n'))
    expect(keyNamesOf(await shop.recordOf(id))).toEqual(['v2', 'v2'])
    keeper.ring = down
    vi.advanceTimersByTime(300_000)
    await process.sessions.run(id, (session) => session.increment('n'))
    await turns(2)
    expect([keeper.asked, process.events.filter(({ kind }) => kind === 'trouble')]).toEqual([
      3,
      [
        expect.objectContaining({
          operation: 'keys',
          key: undefined,
          cause: expect.objectContaining({ code: 'ERR_SESSION_DRIVER_FAILED' }),
        }),
      ],
    ])
    expect(await process.peek(id)).toMatchObject({ n: 4 })
    await shop.idle()
  })

  it('may change while a request has a session: what it leaves unchanged stays under the old key until the next', async () => {
    const { shop, id, keeper, process } = await scene(rings.added)
    const session = await process.sessions.start(id)
    session.increment('n')
    keeper.ring = rings.activated
    vi.advanceTimersByTime(300_000)
    expect(await process.peek(id)).toMatchObject({ n: 0 })
    await turns(2)
    await session.save()
    expect(keyNamesOf(await shop.recordOf(id))).toEqual(['v2', 'v1'])
    const byKey = new Map([
      ['v2', 1],
      ['v1', 1],
    ])
    expect(await process.sessions.keyUsage()).toMatchObject({ examined: 1, byKey })
    expect(await process.sessions.run(id, (again) => again.get('n'))).toBe(1)
    expect(keyNamesOf(await shop.recordOf(id))).toEqual(['v2', 'v2'])
    await shop.idle()
  })
})
