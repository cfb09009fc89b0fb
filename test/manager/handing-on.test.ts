import { describe, expect, it } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import type { LockingDriver } from '../../src/contracts/driver.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { turns } from './support/idle.ts'
import { gate, keyOf, openShop } from './support/shop.ts'
import { SpyDriver } from './support/spy-driver.ts'

/** Where the lease came from, request by request: `acquire` from the store, `-` from the one before. */
function origins(driver: SpyDriver): string {
  return driver.methods.map((method) => (method === 'acquire' ? 'a' : method === 'commit' ? 'c' : '?')).join('')
}

describe('handing a lease on inside one process', () => {
  it('is done sixteen times in a row, then the store is asked again', async () => {
    const shop = openShop()
    const id = await shop.stored()
    await Promise.all(Array.from({ length: 52 }, () => shop.sessions.run(id, (session) => session.increment('n'))))
    const seventeen = `a${'c'.repeat(17)}`
    expect(origins(shop.driver)).toBe(`${seventeen}${seventeen}${seventeen}ac`)
    expect(await shop.peek(id)).toMatchObject({ n: 52 })
    await shop.idle()
  })

  it('gives the next what the one before stored', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const seen: unknown[] = []
    await Promise.all(
      Array.from({ length: 5 }, (_, index) =>
        shop.sessions.run(id, (session) => {
          seen.push([session.get('last'), session.getFlash('from'), session.userId])
          session.set('last', index)
          session.flash('from', index)
          session.setUserId(`user${index}`)
        }),
      ),
    )
    expect(seen).toEqual([
      [undefined, undefined, undefined],
      [0, 0, 'user0'],
      [1, 1, 'user1'],
      [2, 2, 'user2'],
      [3, 3, 'user3'],
    ])
    expect(shop.driver.methods.filter((method) => method === 'acquire')).toHaveLength(1)
    await shop.idle()
  })

  it('gives each who gets it a token of its own: what is still under way for the one before is about another lease', async () => {
    const shop = openShop()
    const id = await shop.stored()
    await Promise.all(Array.from({ length: 4 }, () => shop.sessions.run(id, (session) => session.increment('n'))))
    const commits = shop.driver.calls.filter(({ method }) => method === 'commit')
    const tokens = commits.map(({ args: [lease] }) => Reflect.get(Object(lease), 'token'))
    expect(tokens.map((token) => typeof token)).toEqual(Array.from({ length: 4 }, () => 'string'))
    expect(new Set(tokens).size).toBe(4)
    await shop.idle()
  })

  it('is not done by a request that changed nothing', async () => {
    const shop = openShop()
    const id = await shop.stored()
    await Promise.all(Array.from({ length: 3 }, () => shop.sessions.run(id, () => undefined)))
    expect(shop.driver.methods).toEqual(['acquire', 'unlock', 'acquire', 'unlock', 'acquire', 'unlock'])
  })

  it('is done only to one who waited before the commit was sent', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    session.increment('n')
    const arrived = gate()
    const answer = gate()
    shop.driver.beforeNext('commit', async () => {
      arrived.open()
      await answer.opened
    })
    const saving = session.save()
    await arrived.opened
    const late = shop.sessions.start(id)
    answer.open()
    await saving
    const next = await late
    expect(next.get('n')).toBe(1)
    expect(shop.driver.methods).toEqual(['acquire', 'commit', 'acquire'])
    await next.release()
    await shop.idle()
  })

  it('passes over a waiter who left while the commit was under way', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    session.increment('n')
    const hangUp = new AbortController()
    const gone = shop.sessions.start(id, { signal: hangUp.signal })
    const stays = shop.sessions.start(id)
    await turns(1)
    shop.driver.beforeNext('commit', () => hangUp.abort())
    await session.save()
    await expect(gone).rejects.toMatchObject({ code: 'ERR_SESSION_ABORTED' })
    expect((await stays).get('n')).toBe(1)
    expect(shop.driver.methods).toEqual(['acquire', 'commit'])
    await (await stays).release()
    await shop.idle()
  })

  it('gives the lease back when all who waited have left meanwhile', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    session.increment('n')
    const hangUp = new AbortController()
    const gone = shop.sessions.start(id, { signal: hangUp.signal })
    await turns(1)
    shop.driver.beforeNext('commit', () => hangUp.abort())
    await session.save()
    await expect(gone).rejects.toMatchObject({ code: 'ERR_SESSION_ABORTED' })
    expect(shop.driver.methods).toEqual(['acquire', 'commit', 'unlock'])
    await shop.idle()
  })

  it('leaves the lease with nobody who hung up while it was on its way to him', async () => {
    let refused = 0
    for (let moment = 0; moment < 40; moment++) {
      const shop = openShop()
      const id = await shop.stored()
      const session = await shop.sessions.start(id)
      session.increment('n')
      const hangUp = new AbortController()
      const waiting = shop.sessions.start(id, { signal: hangUp.signal })
      let hasHungUp = false
      await turns(1)
      const given = waiting.then(
        (next) => {
          expect(hasHungUp, 'given after he hung up').toBe(false)
          return next.release()
        },
        () => (refused += 1),
      )
      shop.driver.afterNext('commit', () => {
        void after(moment).then(() => {
          hangUp.abort()
          void after(8).then(() => (hasHungUp = true))
        })
      })
      await session.save()
      await given
      await shop.idle()
    }
    expect(refused).toBeGreaterThan(2)
    expect(refused).toBeLessThan(40)
  })

  it('ends where the session moved to another id: who waited finds it there', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    await session.regenerate()
    const waiting = shop.sessions.start(id)
    await session.save()
    expect((await waiting).id).toBe(session.id)
    await (await waiting).release()
    await shop.idle()
  })
})

describe('two processes that both want one session all the time', () => {
  it('both get it: neither is left waiting while the other is served', async () => {
    const memory = new MemoryDriver()
    const managers = [1, 2].map(() => new SessionManager({ driver: remote(memory) }))
    const [first, second] = managers
    if (first === undefined || second === undefined) return expect.unreachable()
    const session = await first.start()
    session.set('n', 0)
    await session.save()
    const served = [0, 0]
    const client = async (manager: SessionManager, index: number): Promise<void> => {
      while (Math.min(...served) < 100 && Math.max(...served) < 3000) {
        await manager.run(session.id, async (open) => {
          open.increment('n')
          await turns(1)
          served[index] = (served[index] ?? 0) + 1
        })
      }
    }
    await Promise.all(managers.flatMap((manager, index) => Array.from({ length: 12 }, () => client(manager, index))))
    expect(Math.min(...served)).toBeGreaterThanOrEqual(100)
    expect(await first.run(session.id, (open) => open.get('n'))).toBe((served[0] ?? 0) + (served[1] ?? 0))
    expect(keyOf(session.id)).toHaveLength(64)
  })
})

async function after(microtasks: number): Promise<void> {
  for (let each = 0; each < microtasks; each++) await Promise.resolve()
}

/** A store that answers a turn of the event loop later, as one in another process would. */
function remote(memory: MemoryDriver): LockingDriver {
  const spy = new SpyDriver(memory)
  return new Proxy(spy, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return async (...given: unknown[]): Promise<unknown> => {
        await turns(1)
        const answer: unknown = await Reflect.apply(member, target, given)
        await turns(1)
        return answer
      }
    },
  })
}
