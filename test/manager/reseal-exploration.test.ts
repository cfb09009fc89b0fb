import { describe, expect, it } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { delayed } from '../support/delayed-driver.ts'
import { keyNamesOf, sealing, sealingByWeb } from '../support/sealed-rings.ts'
import type { RingName } from '../support/sealed-rings.ts'
import { rngOf, stagger } from './support/rng.ts'
import type { Rng } from './support/rng.ts'
import { keyOf } from './support/shop.ts'

const SEEDS = 60
const VISITORS = 4
const ROUNDS = 6

/** A visitor's session as the answers of the servers made it: what they acknowledged must be there. */
interface Visitor {
  id: string
  /** Increments that were acknowledged, and those whose outcome the visitor was not told. */
  n: number
  isEnded: boolean
}

interface Explored {
  readonly problems: string[]
  readonly resealed: number
  readonly skipped: number
}

/**
 * Requests of two servers, one of which seals under the old key still, and two servers that seal anew all the time, in an order that a seed
 * decides. Then all have what they were told, under the new key.
 */
async function explore(seed: number, memory: MemoryDriver): Promise<Explored> {
  const rng = rngOf(seed)
  const server = (ring: RingName): SessionManager => {
    const serializer = rng.chance(0.3) ? sealingByWeb(ring) : sealing(ring)
    return new SessionManager({ driver: delayed(memory, rng), serializer })
  }
  const servers = [server('added'), server('activated')]
  const visitors: Visitor[] = []
  for (let each = 0; each < VISITORS; each++) {
    const session = await rng.pick(servers).start()
    session.set('n', 0)
    await session.save()
    visitors.push({ id: session.id, n: 0, isEnded: false })
  }
  const over = new AbortController()
  const resealers = [server('activated'), server('activated')]
  let [resealed, skipped] = [0, 0]
  const resealing = resealers.map(async (sessions) => {
    while (!over.signal.aborted) {
      const progress = await sessions.reseal({ rate: 1_000_000 })
      resealed += progress.resealed
      skipped += progress.skipped
      await stagger(rng)
    }
  })
  const problems: string[] = []
  await Promise.all(
    visitors.flatMap((visitor) =>
      [0, 1].map(() => visits(visitor, servers, rng).catch((error: unknown) => void problems.push(String(error)))),
    ),
  )
  over.abort()
  await Promise.all(resealing)
  const last = server('activated')
  await last.reseal({ rate: 1_000_000 })
  const reader = new SessionManager({ driver: memory, serializer: sealing('retired') })
  for (const [at, { id, n, isEnded }] of visitors.entries()) {
    const found = await memory.read(keyOf(id))
    const session = await reader.start(id, { concurrency: 'readonly' })
    const held = session.isNew ? 'none' : session.get('n')
    if (held !== (isEnded ? 'none' : n)) problems.push(`visitor ${at} was told ${isEnded ? 'none' : n} and has ${String(held)}`)
    if (found?.kind === 'record' && String(keyNamesOf(found.record)) !== 'v2,v2') problems.push(`visitor ${at} is under the old key`)
  }
  return { problems, resealed, skipped }
}

/** What one browser window does. Two of them share a session. */
async function visits(visitor: Visitor, servers: readonly SessionManager[], rng: Rng): Promise<void> {
  for (let round = 0; round < ROUNDS && !visitor.isEnded; round++) {
    const act = rng.below(10)
    await rng.pick(servers).run(visitor.id, async (session) => {
      if (session.isNew) return
      await stagger(rng)
      if (act === 0) {
        await session.destroy()
        visitor.isEnded = true
        return
      }
      if (act === 1) {
        await session.regenerate()
        // The other window follows the marker meanwhile.
        visitor.id = session.id
      }
      if (act > 2) {
        session.increment('n')
        session.flash('round', round)
        visitor.n += 1
      }
    })
  }
}

describe('in any order of requests and reseals', () => {
  it('every write that was acknowledged is there afterwards, under the new key', { timeout: 60_000 }, async () => {
    const found: string[] = []
    let [resealed, skipped] = [0, 0]
    for (let seed = 1; seed <= SEEDS; seed++) {
      const explored = await explore(seed, new MemoryDriver())
      found.push(...explored.problems.map((problem) => `seed ${seed}: ${problem}`))
      resealed += explored.resealed
      skipped += explored.skipped
    }
    expect(found).toEqual([])
    // It did come between, both ways.
    expect(resealed).toBeGreaterThan(SEEDS)
    expect(skipped).toBeGreaterThan(SEEDS)
  })

  it.each([
    ['that does not look at the version', OverAnyVersion],
    ['that does not look at leases', UnderAnyLease],
  ])('a rewrite %s would lose writes', { timeout: 60_000 }, async (_, Broken) => {
    const found: string[] = []
    for (let seed = 1; seed <= SEEDS && found.length === 0; seed++) found.push(...(await explore(seed, new Broken())).problems)
    expect(found).not.toEqual([])
  })
})

/** Overwrites what was stored since it was read. */
class OverAnyVersion extends MemoryDriver {
  override async rewrite(...[key, texts]: Parameters<MemoryDriver['rewrite']>): ReturnType<MemoryDriver['rewrite']> {
    const found = await this.read(key)
    return found?.kind === 'record' ? await super.rewrite(key, texts, found.record.version) : { kind: 'gone' }
  }
}

/** Writes what somebody holds, whose commit is refused then. */
class UnderAnyLease extends MemoryDriver {
  readonly #holders = new Map<string, string>()

  override async acquire(...[key, options]: Parameters<MemoryDriver['acquire']>): ReturnType<MemoryDriver['acquire']> {
    const acquired = await super.acquire(key, options)
    if (acquired.kind === 'held') this.#holders.set(key, options.token)
    return acquired
  }

  override async rewrite(...[key, texts, version]: Parameters<MemoryDriver['rewrite']>): ReturnType<MemoryDriver['rewrite']> {
    const token = this.#holders.get(key)
    if (token !== undefined) await this.unlock({ key, token })
    return await super.rewrite(key, texts, version)
  }
}
