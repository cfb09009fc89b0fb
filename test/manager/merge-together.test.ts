import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { turns } from './support/idle.ts'
import { begin, openCounter } from './support/merging.ts'
import { Model, calm, handle, wild } from './support/merge-model.ts'
import type { Operation, Running } from './support/merge-model.ts'
import { codeOf, gate, visit } from './support/shop.ts'

describe('requests that end at the same time', () => {
  it('are stored together: one write for twenty, and one more for those that come while it is under way', async () => {
    const { sessions, driver, id, peek, idle } = await openCounter((session) => session.set('n', 0))
    const twenty = Array.from({ length: 20 }, (_, n) =>
      begin(sessions, id, (session) => [session.increment('n'), session.set(`seen.${n}`, true)]),
    )
    const begun = await Promise.all(twenty)
    driver.forget()
    const slow = gate()
    driver.beforeNext('update', () => slow.opened)
    const first = begun.slice(0, 5).map(({ end }) => end())
    await vi.waitFor(() => expect(driver.methods).toEqual(['update']))
    const later = begun.slice(5).map(({ end }) => end())
    slow.open()
    await Promise.all([...first, ...later])
    expect(driver.methods).toEqual(['update', 'update'])
    expect(await peek(id)).toMatchObject({ n: 20, seen: Object.fromEntries(begun.map((_, n) => [n, true])) })
    await idle()
  })

  it('and each hears of its own conflict alone', async () => {
    const { sessions, id, peek } = await openCounter((session) => session.set('ticket', 7))
    const three = await Promise.all([
      begin(sessions, id, (session) => session.pull('ticket')),
      begin(sessions, id, (session) => session.pull('ticket')),
      begin(sessions, id, (session) => session.set('n', 1)),
    ])
    const codes = await Promise.all(
      three.map(({ end }) =>
        end().then(
          () => 'stored',
          (error: { code: string }) => error.code,
        ),
      ),
    )
    expect(codes).toEqual(['stored', 'ERR_SESSION_CONFLICT', 'stored'])
    expect(await peek(id)).not.toHaveProperty('ticket')
    expect(await peek(id)).toMatchObject({ n: 1 })
  })

  it('all hear of a store that failed, and of a session that was ended', async () => {
    const { sessions, driver, id } = await openCounter((session) => session.set('n', 0))
    const four = await Promise.all([1, 2, 3, 4].map(() => begin(sessions, id, (session) => session.increment('n'))))
    driver.failNext('update')
    const codes = await Promise.all(four.map(({ end }) => codeOf(end())))
    expect(codes).toEqual(Array.from({ length: 4 }, () => 'ERR_SESSION_DRIVER_FAILED'))
    const others = await Promise.all([1, 2, 3].map(() => begin(sessions, id, (session) => session.increment('n'))))
    await sessions.run(id, (session) => session.destroy())
    expect(await Promise.all(others.map(({ end }) => end()))).toEqual([undefined, undefined, undefined])
    expect((await sessions.start(id, { concurrency: 'readonly' })).isNew).toBe(true)
  })

  it('wait for the lock as one, and are stored under it together', async () => {
    const { sessions, driver, id, peek, idle } = await openCounter((session) => session.set('n', 0))
    const merging = await Promise.all([1, 2, 3].map(() => begin(sessions, id, (session) => session.increment('n'))))
    const exclusive = await begin(sessions, id, (session) => session.increment('n', 10), {})
    driver.forget()
    const ended = Promise.all(merging.map(({ end }) => end()))
    await exclusive.end()
    await ended
    expect(driver.methods.filter((method) => method === 'acquire')).toHaveLength(0) // The lease was handed on.
    expect(driver.methods.filter((method) => method === 'commit').length).toBeLessThanOrEqual(2)
    expect(await peek(id)).toMatchObject({ n: 13 })
    await idle()
  })

  it('of which one asks for the lock let that one go alone', async () => {
    const { sessions, id, peek, memory } = await openCounter((session) => session.set('n', 0))
    const three = await Promise.all([
      begin(sessions, id, (session) => session.increment('n')),
      begin(sessions, id, (session) => [session.increment('n'), session.setUserId('ada')]),
      begin(sessions, id, (session) => session.increment('n')),
    ])
    await Promise.all(three.map(({ end }) => end()))
    expect(await peek(id)).toMatchObject({ n: 3 })
    expect((await memory.list({ userId: 'ada' })).sessions).toHaveLength(1)
  })

  it('and that save in the middle, and go on, neither lose nor undo what the others did', async () => {
    const { sessions, id, peek } = await openCounter((session) => session.set('n', 0))
    const three = [1, 2, 3].map((own) =>
      begin(sessions, id, async (session) => {
        session.increment('n')
        await session.save()
        session.set(`seen.${own}`, session.get('n'))
        await session.save()
        session.increment('n')
      }),
    )
    for (const one of await Promise.all(three)) await one.end()
    expect(await peek(id)).toMatchObject({ n: 6, seen: { 1: expect.any(Number), 2: expect.any(Number), 3: expect.any(Number) } })
  })

  it('do not wait longer than lock.waitSeconds for a store that is slow, and nothing of who left is stored', async () => {
    const { sessions, driver, id, peek } = await openCounter((session) => session.set('n', 0), { lock: { waitSeconds: 0.05 } })
    const [first, second] = await Promise.all([1, 2].map((n) => begin(sessions, id, (session) => session.set(`by.${n}`, true))))
    const slow = gate()
    driver.beforeNext('update', () => slow.opened)
    const ended = first?.end()
    await vi.waitFor(() => expect(driver.methods).toContain('update'))
    expect(await codeOf(second?.end() ?? Promise.resolve())).toBe('ERR_SESSION_LOCK_TIMEOUT')
    slow.open()
    await ended
    expect((await peek(id))?.['by']).toEqual({ 1: true })
    await (await begin(sessions, id, (session) => session.set('by.3', true))).end()
    expect((await peek(id))?.['by']).toEqual({ 1: true, 3: true })
  })

  it('are not told that they waited for too long while they are being stored with another', async () => {
    const { sessions, driver, id, peek } = await openCounter((session) => session.set('n', 0))
    const three = await Promise.all([1, 2, 3].map(() => begin(sessions, id, (session) => session.increment('n'))))
    const slow = gate()
    driver.beforeNext('update', () => slow.opened)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const ended = Promise.allSettled(three.map(({ end }) => end()))
    await turns(3)
    await vi.advanceTimersByTimeAsync(31_000)
    vi.useRealTimers()
    slow.open()
    expect((await ended).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
    expect(await peek(id)).toMatchObject({ n: 3 })
  })

  it('are refused when more wait than lock.maxWaiters', async () => {
    const { sessions, driver, id, peek } = await openCounter((session) => session.set('n', 0), { lock: { maxWaiters: 2 } })
    const five = await Promise.all([1, 2, 3, 4, 5].map(() => begin(sessions, id, (session) => session.increment('n'))))
    const slow = gate()
    driver.beforeNext('update', () => slow.opened)
    const first = five[0]?.end()
    await vi.waitFor(() => expect(driver.methods).toContain('update'))
    const ended = [first, ...five.slice(1).map(({ end }) => end())]
    await Promise.allSettled(ended.slice(3))
    slow.open()
    const results = await Promise.allSettled(ended)
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'])
    expect(await peek(id)).toMatchObject({ n: 3 })
  })
})

describe('of requests that are stored together', () => {
  it('what is newest is built on, whoever read it', async () => {
    const { sessions, driver, id, peek } = await openCounter((session) => session.set('n', 0))
    const early = await begin(sessions, id, (session) => session.increment('n'))
    await (await begin(sessions, id, (session) => session.increment('n'))).end()
    const late = await begin(sessions, id, (session) => session.increment('n'))
    driver.forget()
    await Promise.all([early.end(), late.end()])
    expect(driver.methods).toEqual(['update'])
    expect(await peek(id)).toMatchObject({ n: 3 })
  })

  it('one that had nothing to do any more is not done after all when the others try again', async () => {
    const { sessions, driver, id, peek, memory } = await openCounter((session) => session.set('n', 1))
    const early = await begin(sessions, id, (session) => session.set('n', 0))
    await (await begin(sessions, id, (session) => session.set('n', 0))).end()
    const late = await begin(sessions, id, (session) => session.set('m', 1))
    const quick = new SessionManager({ driver: memory })
    driver.beforeNext('update', () => quick.run(id, (session) => session.set('n', 5)))
    await Promise.all([early.end(), late.end()])
    expect(await peek(id)).toMatchObject({ n: 5, m: 1 })
    await quick.close()
  })

  it('none asks the store again and again while another has the lock', async () => {
    const { sessions, driver, id } = await openCounter((session) => session.set('n', 0))
    const holding = await begin(sessions, id, (session) => session.set('n', 1), {})
    const merging = await begin(sessions, id, (session) => session.set('m', 1))
    driver.forget()
    const ended = merging.end()
    await turns()
    expect(driver.methods).toEqual(['update'])
    await holding.end()
    await ended
  })

  it('none keeps the lock when it finds a conflict under it, or its store fails', async () => {
    const { sessions, driver, id, idle } = await openCounter((session) => session.set('ticket', 7))
    const taking = await begin(sessions, id, (session) => session.pull('ticket'), {})
    const conflicting = codeOf((await begin(sessions, id, (session) => session.pull('ticket'))).end())
    await turns()
    await taking.end()
    expect(await conflicting).toBe('ERR_SESSION_CONFLICT')
    await idle()
    const reading = await begin(sessions, id, undefined, {})
    const failing = codeOf((await begin(sessions, id, (session) => session.set('n', 1))).end())
    await turns()
    driver.failNext('commit')
    await reading.end()
    expect(await failing).toBe('ERR_SESSION_DRIVER_FAILED')
    await idle()
  })
})

interface Group {
  readonly requests: readonly (readonly Operation[])[]
}

interface Ended extends Running {
  /** Whether it changed nothing of what it had read: then it was there before the others. */
  readonly isIdle: boolean
}

/** Every order of some of the requests, those that did nothing left out or not. */
function* orders(left: readonly Ended[]): Generator<readonly Ended[]> {
  if (left.every(({ isIdle }) => isIdle)) yield []
  for (const one of left) {
    for (const rest of orders(left.filter((other) => other !== one))) yield [one, ...rest]
  }
}

/** The model after the requests in this order; `undefined` if they cannot have been in it. */
function after(model: Model, requests: readonly Ended[]): Model | undefined {
  const copy = model.copy()
  try {
    for (const request of requests) copy.store(request)
  } catch {
    return undefined
  }
  return copy
}

async function runGroups(groups: readonly Group[]): Promise<void> {
  const sessions = new SessionManager({ driver: new MemoryDriver(), concurrency: 'merge' })
  const first = await sessions.start()
  first.set('n', 0)
  first.set('branch', { count: 0 })
  await first.save()
  let model = new Model()
  model.attributes.initialize({ n: 0, branch: { count: 0 } })
  for (const { requests } of groups) {
    const ended: Ended[] = []
    for (const operations of requests) {
      const open = await visit(sessions, first.id)
      const seen = open.session.flashes.visible()
      const before = JSON.stringify(open.session.all())
      const given = handle(open.session, operations)
      const isIdle = JSON.stringify(open.session.all()) === before && !open.session.flashes.isChanged
      ended.push({ request: { operations, readAt: 0, storeAt: 0, processNumber: 0 }, open, seen, given, isIdle })
    }
    const results = await Promise.allSettled(ended.map(async ({ open }) => await open.commit()))
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'ERR_SESSION_CONFLICT' })
    const stored = ended.filter((_, index) => results[index]?.status === 'fulfilled')
    const now = await sessions.start(first.id, { concurrency: 'readonly' })
    const { _token, ...attributes } = now.all() as Record<string, unknown>
    const found = JSON.stringify([sorted(attributes), sorted(now.flashes.visible())])
    let fitting: Model | undefined
    for (const order of orders(stored)) {
      const tried = after(model, order)
      if (tried === undefined) continue
      if (JSON.stringify([sorted(tried.attributes.all()), sorted(Object.fromEntries(tried.flash))]) !== found) continue
      fitting = tried
      break
    }
    if (fitting === undefined) throw new Error(`no order of the requests leaves ${found}`)
    model = fitting
  }
  await sessions.close()
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}

describe('requests that are stored together, in any number', () => {
  it.each([
    ['keys of their own', calm, 250],
    ['whatever they do', wild, 250],
  ] as const)('leave what some order of them would have left: %s', { timeout: 60_000 }, async (_title, operation, numRuns) => {
    const group = fc.record({ requests: fc.array(fc.array(operation, { maxLength: 4 }), { minLength: 1, maxLength: 4 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(group, { minLength: 1, maxLength: 3 }), (groups) => runGroups(groups)),
      { numRuns },
    )
  })
})
