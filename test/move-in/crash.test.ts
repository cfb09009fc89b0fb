import { describe, expect, it } from 'vitest'
import type {
  AcquireOptions,
  Acquired,
  CommitOptions,
  CommitResult,
  Destroyed,
  Lease,
  MarkerWrite,
  RecordWrite,
} from '../../src/contracts/driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import type { StoreKey } from '../../src/session/id.ts'
import { testClock } from '../../src/testing/test-clock.ts'
import { NEXT_WEEK, World, ours } from './world.ts'

const ADA = { passport: { user: 'ada' }, cart: ['book'] }

/** A store whose process dies with, or right after, one of its calls: from then on nothing that it asks for reaches it. */
class DyingDriver extends MemoryDriver {
  calls: string[] = []
  diesAt: { readonly call: number; readonly isDone: boolean } | undefined
  #isDead = false

  revive(): void {
    this.diesAt = undefined
    this.#isDead = false
  }

  override acquire(key: StoreKey, options: AcquireOptions): Promise<Acquired> {
    return this.#step('acquire', () => super.acquire(key, options))
  }
  override insert(key: StoreKey, record: RecordWrite): ReturnType<MemoryDriver['insert']> {
    return this.#step('insert', () => super.insert(key, record))
  }
  override replace(
    lease: Lease,
    to: StoreKey,
    record: RecordWrite,
    marker: MarkerWrite | undefined,
    options: CommitOptions,
  ): Promise<CommitResult> {
    return this.#step('replace', () => super.replace(lease, to, record, marker, options))
  }
  override commit(lease: Lease, record: RecordWrite | undefined, options: CommitOptions): Promise<CommitResult> {
    return this.#step('commit', () => super.commit(lease, record, options))
  }
  override destroy(key: StoreKey): Promise<Destroyed> {
    return this.#step('destroy', () => super.destroy(key))
  }
  override unlock(lease: { readonly key: StoreKey; readonly token: string }): Promise<boolean> {
    return this.#step('unlock', () => super.unlock(lease))
  }

  #step<Answer>(name: string, step: () => Promise<Answer>): Promise<Answer> {
    const dead = (): Promise<never> => Promise.reject(new Error('the process has died'))
    if (this.#isDead) return dead()
    this.calls.push(name)
    if (this.diesAt?.call !== this.calls.length) return step()
    this.#isDead = true
    return this.diesAt.isDone ? step().then(dead) : dead()
  }
}

// What a first request asks of the store, one after the other.
const STEPS = ['acquire', 'insert', 'acquire', 'insert', 'replace', 'destroy', 'acquire', 'commit']
const deaths = STEPS.flatMap((step, index) => [
  { step, call: index + 1, isDone: false, when: 'before' },
  { step, call: index + 1, isDone: true, when: 'after' },
])

describe('a process that dies while a visitor moves in', () => {
  it.each(deaths)('$when call $call, $step, costs nobody a session', async ({ call, isDone }) => {
    const clock = testClock()
    const driver = new DyingDriver({ clock: clock.now })
    await using world = new World({ driver, keepOldUntil: NEXT_WEEK })
    const cookie = world.store.put('sid-1', ADA)
    driver.diesAt = { call, isDone }
    await world.visit(cookie, (session) => session.set('n', 1)).catch(() => undefined)
    expect(driver.calls).toEqual(STEPS.slice(0, call))
    driver.revive()
    clock.advance(11_000)
    const again = await world.visit(cookie)
    expect(again).toMatchObject({ userId: 'ada', data: ADA })
    // The new session was stored, and nothing led to it yet: nobody has its id.
    const isLeftBehind = (call === 4 && isDone) || (call === 5 && !isDone)
    expect((await world.sessions.list({ userId: 'ada' })).sessions).toHaveLength(isLeftBehind ? 2 : 1)
    expect((await world.visit(`${cookie}; ${ours(again)}`)).userId).toBe('ada')
  })

  it('asks the store for these, or the tests above test nothing', async () => {
    const driver = new DyingDriver()
    await using world = new World({ driver, keepOldUntil: NEXT_WEEK })
    await world.visit(world.store.put('sid-1', ADA), (session) => session.set('n', 1))
    expect(driver.calls).toEqual(STEPS)
  })
})

describe('a process that dies in a logout', () => {
  it.each([1, 2, 3, 4, 5])('at call %i has either not ended the session yet, or ended it for good', async (call) => {
    const clock = testClock()
    const driver = new DyingDriver({ clock: clock.now })
    await using world = new World({ driver, keepOldUntil: NEXT_WEEK })
    const cookie = world.store.put('sid-1', ADA)
    const first = await world.visit(cookie)
    driver.calls = []
    driver.diesAt = { call, isDone: true }
    await world.visit(`${cookie}; ${ours(first)}`, (session) => session.destroy()).catch(() => undefined)
    const hasEnded = driver.calls.includes('destroy')
    driver.revive()
    clock.advance(11_000)
    // The old store never forgets.
    world.store.put('sid-1', ADA)
    expect((await world.visit(cookie)).userId).toBe(hasEnded ? undefined : 'ada')
  })
})

describe('a process that dies in a revocation', () => {
  it.each([1, 2, 3, 4, 5])('at call %i leaves what was noted before, and what it has answered counts', async (call) => {
    const driver = new DyingDriver()
    await using world = new World({ driver, authenticatedAt: ({ at }) => Number(at) })
    await world.sessions.revokeUser('ada')
    const before = Date.now() - 1000
    await pause()
    const between = Date.now()
    await pause()
    driver.calls = []
    driver.diesAt = { call, isDone: true }
    const isAnswered = await world.sessions.revokeUser('ada').then(
      () => true,
      () => false,
    )
    // It dies at that call, if it comes so far.
    expect(isAnswered).toBe(driver.calls.length < call)
    driver.revive()
    expect((await world.visit(world.store.put('sid-1', { ...ADA, at: before }))).userId).toBe(undefined)
    if (isAnswered) expect((await world.visit(world.store.put('sid-2', { ...ADA, at: between }))).userId).toBe(undefined)
  })

  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))
})
