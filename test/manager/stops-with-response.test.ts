import { expect, it, onTestFinished, vi } from 'vitest'
import { NativeSerializer } from '../../src/serializers/native.ts'
import { turns } from './support/idle.ts'
import { gate, visit, type Options } from './support/shop.ts'

/** A shop in a process that is frozen when it has answered. */
async function shopInLambda(options: Options = {}) {
  vi.resetModules()
  vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'shop')
  onTestFinished(() => {
    vi.unstubAllEnvs()
    vi.resetModules()
  })
  const { openShop } = await import('./support/shop.ts')
  return openShop(options)
}

it.each(['commit', 'discard'] as const)('a function that is frozen with its response has its lock back before: %s', async (how) => {
  const shop = await shopInLambda()
  const id = await shop.stored()
  const unlocked = gate()
  shop.driver.beforeNext('unlock', () => unlocked.opened)
  const open = await visit(shop.sessions, id)
  let isAnswered = false
  const answering = Promise.resolve(how === 'commit' ? open.commit() : open.discard('failed')).then(() => (isAnswered = true))
  await turns(5)
  expect(isAnswered).toBe(false)
  unlocked.open()
  await answering
  await shop.idle()
})

it('a use that is noted without the lock is noted before such a function has answered', async () => {
  const shop = await shopInLambda()
  const id = await shop.stored()
  shop.clock.advance(100_000)
  const touched = gate()
  shop.driver.beforeNext('touch', () => touched.opened)
  const open = await visit(shop.sessions, id, { concurrency: 'merge' })
  let isAnswered = false
  const answering = Promise.resolve(open.commit()).then(() => (isAnswered = true))
  await turns(5)
  expect([shop.driver.methods.at(-1), isAnswered]).toEqual(['touch', false])
  touched.open()
  await answering
})

it('a store that does not take the lock back fails no response of such a function', async () => {
  const shop = await shopInLambda()
  const id = await shop.stored()
  shop.driver.beforeNext('unlock', () => Promise.reject(new Error('away')))
  await (await visit(shop.sessions, id)).commit()
  await turns(2)
  expect(shop.events).toMatchObject([{ kind: 'trouble', operation: 'unlock' }])
})

it('whoever comes behind a request that could not be opened waits for no more than the lease, though the lock never goes back', async () => {
  const serializer = new NativeSerializer()
  vi.spyOn(serializer, 'restore').mockImplementation(() => {
    throw new Error('not readable')
  })
  const shop = await shopInLambda({ serializer, onUnreadable: 'throw' })
  const id = await shop.stored()
  shop.driver.beforeNext('unlock', () => new Promise(() => undefined))
  await expect(visit(shop.sessions, id)).rejects.toMatchObject({ code: 'ERR_SESSION_UNREADABLE' })
  const next = visit(shop.sessions, id)
  await turns(5)
  expect(shop.driver.methods.slice(0, 3)).toEqual(['acquire', 'unlock', 'acquire'])
  shop.clock.advance(60_000)
  await expect(next).rejects.toMatchObject({ code: 'ERR_SESSION_UNREADABLE' })
})
