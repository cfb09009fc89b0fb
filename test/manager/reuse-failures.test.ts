import { describe, expect, it } from 'vitest'
import type { SessionManagerOptions } from '../../src/manager/options.ts'
import { SessionError } from '../../src/session/errors.ts'
import { asked, nextId, refusals, told, visited } from '../support/visits.ts'
import { failureOf, openShop } from './support/shop.ts'
import type { Shop } from './support/shop.ts'

interface Reused extends Shop {
  readonly oldId: string
  readonly newId: string
  readonly reasons: string[]
  readonly revoked: readonly object[]
}

/** A session that was rotated long ago: whoever comes with the old id now ends it. */
async function reused(onStoreError: SessionManagerOptions<object>['onStoreError'] = 'closed'): Promise<Reused> {
  const shop = openShop({ onReuse: 'revoke', onStoreError })
  const oldId = await shop.stored((session) => session.setUserId('ada'))
  const newId = await nextId(shop.sessions, oldId, (session) => session.regenerate())
  shop.clock.advance(30_000)
  shop.driver.forget()
  return { ...shop, oldId, newId, reasons: refusals(shop.sessions), revoked: told(shop.sessions, 'revoked') }
}

const userAt = (shop: Shop, id: string): Promise<unknown> => asked(shop.another({ onReuse: 'report' }), id, ({ userId }) => userId)
const nothing = (): void => undefined

describe('a store that fails while a reused id ends its session', () => {
  it('for once is asked again', async () => {
    const shop = await reused()
    shop.driver.failNext('destroy')
    await visited(shop.sessions, shop.oldId, nothing)
    expect(await userAt(shop, shop.newId)).toBeUndefined()
    expect(shop.driver.methods.filter((method) => method === 'destroy')).toHaveLength(2)
    await shop.idle()
  })

  it('fails the request, claims nothing, and the next use of the id ends the session', async () => {
    const shop = await reused()
    shop.driver.failNext('destroy', undefined, 3)
    expect(await failureOf(visited(shop.sessions, shop.oldId, nothing))).toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED', status: 503 })
    expect([await userAt(shop, shop.newId), shop.revoked]).toEqual(['ada', []])
    await visited(shop.sessions, shop.oldId, nothing)
    expect([await userAt(shop, shop.newId), shop.revoked.length]).toEqual([undefined, 1])
    await shop.idle()
  })

  it('tells listeners of it, as of any other failure of the store', async () => {
    const shop = await reused()
    shop.driver.failNext('destroy', undefined, 3)
    await failureOf(visited(shop.sessions, shop.oldId, nothing))
    expect(shop.reasons).toEqual(['replaced-id', 'store-error'])
  })

  it('lets the visitor go on without a session where onStoreError says so', async () => {
    const shop = await reused('anonymous')
    shop.driver.failNext('destroy', undefined, 3)
    const { result, sent } = await visited(shop.sessions, shop.oldId, (session) => {
      expect(() => session.set('n', 1)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_READONLY' }))
      return [session.isNew, session.userId]
    })
    expect([result, sent, shop.revoked]).toEqual([[true, undefined], undefined, []])
    expect(await userAt(shop, shop.newId)).toBe('ada')
    await shop.idle()
  })

  it('with an error of its own kind is the store’s failure to whoever asked', async () => {
    const shop = await reused()
    shop.driver.failNext('destroy', new RangeError('secret host name'), 3)
    const error = await failureOf(visited(shop.sessions, shop.oldId, nothing))
    expect(error).toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED', status: 503 })
    expect(String(error)).not.toContain('secret host name')
  })

  it('gets the answer lost: that the session ended is not claimed, and it did', async () => {
    const shop = await reused()
    shop.driver.loseAnswer('destroy')
    const request = visited(shop.sessions, shop.oldId, nothing)
    await request.catch((error: unknown) => expect(error).toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED' }))
    expect(await userAt(shop, shop.newId)).toBeUndefined()
    await shop.idle()
  })

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])('after %d calls: what was begun is finished by the next use of that id', async (calls) => {
    const shop = openShop({ onReuse: 'revoke' })
    const first = await shop.stored((session) => session.setUserId('ada'))
    let last = first
    for (let each = 0; each < 4; each++) {
      shop.clock.advance(1_000_000)
      last = await nextId(shop.sessions, last, (session) => session.regenerate())
    }
    shop.clock.advance(30_000)
    failAfter(shop, calls)
    await visited(shop.sessions, first, nothing).catch((error: unknown) =>
      expect(error).toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED' }),
    )
    failAfter(shop, Infinity)
    await visited(shop.sessions, first, nothing)
    expect(await userAt(shop, last)).toBeUndefined()
    await shop.idle()
  })
})

const budgets = new WeakMap<Shop['driver'], { left: number }>()

/** Lets a store answer so many more calls, and then none, until it is told otherwise. */
function failAfter({ driver }: Shop, calls: number): void {
  const known = budgets.get(driver)
  const budget = known ?? { left: 0 }
  budget.left = calls
  if (known !== undefined) return
  budgets.set(driver, budget)
  const spend = (): void => {
    budget.left -= 1
    if (budget.left < 0) throw SessionError.driverFailed('test', 'The store is down.')
  }
  for (const method of ['acquire', 'read', 'destroy'] as const) for (let each = 0; each < 100; each++) driver.beforeNext(method, spend)
}
