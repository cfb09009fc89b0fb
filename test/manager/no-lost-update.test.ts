import { describe, expect, it } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { expectIdle } from './support/idle.ts'
import { rngOf, stagger } from './support/rng.ts'
import type { Rng } from './support/rng.ts'
import { keyOf, openShop, visit } from './support/shop.ts'

/** Several processes, each a manager with a queue of its own, over one store. */
function processes(count: number): { memory: MemoryDriver; managers: SessionManager[] } {
  const memory = new MemoryDriver()
  return { memory, managers: Array.from({ length: count }, () => new SessionManager({ driver: memory })) }
}

async function storedCounter(manager: SessionManager): Promise<string> {
  const session = await manager.start()
  session.set('n', 0)
  await session.save()
  return session.id
}

/** Reads, lets others go first, writes what it read plus one. */
async function slowIncrement(manager: SessionManager, id: string, rng: Rng): Promise<void> {
  await stagger(rng)
  await manager.run(id, async (session) => {
    const before = session.get('n') as number
    await stagger(rng)
    session.set('n', before + 1)
    if (rng.chance(0.2)) await session.save({ keepOpen: true })
    await stagger(rng)
  })
}

describe('parallel requests of one session', () => {
  it.each([1, 2, 3, 4])('lose no increment, in several processes with one store (seed %d)', async (seed) => {
    const rng = rngOf(seed)
    const { memory, managers } = processes(3)
    const id = await storedCounter(rng.pick(managers))
    for (let round = 0; round < 6; round++) {
      await Promise.all(managers.flatMap((manager) => Array.from({ length: 50 }, () => slowIncrement(manager, id, rng))))
    }
    expect(await rng.pick(managers).run(id, (session) => session.get('n'))).toBe(900)
    await expectIdle(memory, [keyOf(id)])
  })

  it('lose nothing of what each of them set, when one in four fails', async () => {
    const rng = rngOf(7)
    const { memory, managers } = processes(2)
    const id = await storedCounter(rng.pick(managers))
    const stored = new Set<string>()
    const request = async (name: string): Promise<void> => {
      const work = rng.pick(managers).run(id, async (session) => {
        session.set(`seen.${name}`, true)
        await stagger(rng)
        if (rng.chance(0.25)) throw new Error('oops')
        session.increment('n')
      })
      await work.then(
        () => stored.add(name),
        () => undefined,
      )
    }
    for (let round = 0; round < 10; round++) {
      await Promise.all(Array.from({ length: 60 }, (_, index) => request(`r${round}x${index}`)))
    }
    const { n, seen } = await rng.pick(managers).run(id, (session) => session.all() as { n: number; seen: Record<string, boolean> })
    expect(new Set(Object.keys(seen))).toEqual(stored)
    expect(n).toBe(stored.size)
    await expectIdle(memory, [keyOf(id)])
  })

  it('lose nothing while the id changes under them', async () => {
    const rng = rngOf(11)
    const { memory, managers } = processes(2)
    let cookie = await storedCounter(rng.pick(managers))
    const keys = new Set([keyOf(cookie)])
    for (let round = 0; round < 30; round++) {
      const sent = cookie
      await Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          const open = await visit(rng.pick(managers), sent)
          expect(open.session.isNew).toBe(false)
          open.session.increment('n')
          if (index === 9) await open.session.regenerate()
          await stagger(rng)
          await open.commit()
          cookie = open.session.id
          keys.add(keyOf(cookie))
        }),
      )
    }
    expect(await rng.pick(managers).run(cookie, (session) => session.get('n'))).toBe(600)
    await expectIdle(memory, keys)
  })

  it('are served in the order in which they came, in one process', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const order: number[] = []
    await Promise.all(Array.from({ length: 50 }, (_, index) => shop.sessions.run(id, () => void order.push(index))))
    expect(order).toEqual(Array.from({ length: 50 }, (_, index) => index))
    await shop.idle()
  })

  it('keep their order when some change the session, some do not, and some fail', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const order: number[] = []
    const rng = rngOf(3)
    const work = Array.from({ length: 60 }, (_, index) =>
      shop.sessions.run(id, async (session) => {
        order.push(index)
        await stagger(rng)
        if (index % 3 === 0) session.increment('n')
        if (index % 7 === 0) throw new Error('oops')
      }),
    )
    await Promise.allSettled(work)
    expect(order).toEqual(Array.from({ length: 60 }, (_, index) => index))
    await shop.idle()
  })
})
