import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { Model, calm, handle, requestsOf, wild } from './support/merge-model.ts'
import type { Operation, Request, Running } from './support/merge-model.ts'
import { visit } from './support/shop.ts'

async function versionOf(memory: MemoryDriver): Promise<unknown> {
  const [only] = (await memory.list()).sessions
  const found = only && (await memory.read(only.key))
  return found?.kind === 'record' ? found.record.version.counter : undefined
}

/** Runs requests as their times say, and compares with the model after each of them. Answers how many conflicted. */
async function run(requests: readonly Request[]): Promise<number> {
  const memory = new MemoryDriver()
  const managers = [0, 1].map(() => new SessionManager({ driver: memory, concurrency: 'merge' }))
  const of = ({ processNumber }: Request): SessionManager => managers[processNumber] ?? expect.unreachable()
  const first = await managers[0]?.start()
  if (first === undefined) expect.unreachable()
  first.set('n', 0)
  first.set('branch', { count: 0 })
  await first.save()
  const model = new Model()
  model.attributes.initialize({ n: 0, branch: { count: 0 } })
  const running = new Map<Request, Running>()
  let conflicts = 0
  const steps = requests.flatMap((request) => [
    { at: Math.min(request.readAt, request.storeAt), act: 'read', request } as const,
    { at: Math.max(request.readAt, request.storeAt) + 0.5, act: 'store', request } as const,
  ])
  for (const { act, request } of steps.toSorted((one, other) => one.at - other.at)) {
    if (act === 'read') {
      const open = await visit(of(request), first.id)
      const seen = open.session.flashes.visible()
      running.set(request, { request, open, seen, given: handle(open.session, request.operations) })
      continue
    }
    const one = running.get(request) ?? expect.unreachable()
    const before = await versionOf(memory)
    const isDone = await Promise.resolve(one.open.commit()).then(
      () => true,
      (error: unknown) => {
        expect(error).toMatchObject({ code: 'ERR_SESSION_CONFLICT' })
        return false
      },
    )
    // Who changed nothing on what it read was there before the others.
    if (isDone && (await versionOf(memory)) !== before) model.store(one)
    if (!isDone) conflicts++
    const now = await of(request).start(first.id, { concurrency: 'readonly' })
    const { _token, ...attributes } = now.all() as Record<string, unknown>
    expect(attributes).toEqual(model.attributes.all())
    expect(now.flashes.visible()).toEqual(Object.fromEntries(model.flash))
  }
  for (const manager of managers) await manager.close()
  return conflicts
}

describe('requests that merge, in any order of reading and storing', () => {
  it('leave what they would have left one after the other, and never conflict over keys of their own', async () => {
    await fc.assert(
      fc.asyncProperty(requestsOf(calm), async (requests) => {
        expect(await run(requests)).toBe(0)
      }),
      { numRuns: 400 },
    )
  })

  it('leave that whatever they do, or are refused as a conflict and leave nothing', async () => {
    let conflicts = 0
    await fc.assert(
      fc.asyncProperty(requestsOf(wild), async (requests) => void (conflicts += await run(requests))),
      { numRuns: 600 },
    )
    expect(conflicts).toBeGreaterThan(0)
  })

  it('of two that write different keys either may be first', async () => {
    const own = (keys: readonly string[]): fc.Arbitrary<Operation[]> =>
      fc.array(
        fc.oneof(
          fc.record({ do: fc.constant('set' as const), key: fc.constantFrom(...keys), value: fc.integer() }),
          fc.record({ do: fc.constant('forget' as const), key: fc.constantFrom(...keys) }),
          fc.record({ do: fc.constant('increment' as const), key: fc.constant('n'), by: fc.integer({ min: -9, max: 9 }) }),
        ),
        { maxLength: 6 },
      )
    const left = async (first: readonly Operation[], second: readonly Operation[]): Promise<unknown> => {
      const sessions = new SessionManager({ driver: new MemoryDriver(), concurrency: 'merge' })
      const session = await sessions.start()
      session.set('n', 0)
      await session.save()
      const opened = [await visit(sessions, session.id), await visit(sessions, session.id)]
      opened.forEach((open, index) => handle(open.session, [first, second][index] ?? []))
      for (const open of opened) await open.commit()
      const { _token, ...attributes } = (await sessions.start(session.id, { concurrency: 'readonly' })).all() as Record<string, unknown>
      await sessions.close()
      return attributes
    }
    await fc.assert(
      fc.asyncProperty(own(['a', 'b.c']), own(['d', 'b.e']), async (ours, theirs) => {
        expect(await left(ours, theirs)).toEqual(await left(theirs, ours))
      }),
      { numRuns: 200 },
    )
  })
})
