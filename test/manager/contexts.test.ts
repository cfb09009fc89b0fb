import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, it } from 'vitest'
import { holderHere, runHolding } from '../../src/manager/self-wait.ts'
import type { Holder } from '../../src/manager/self-wait.ts'

// Nothing before this has run a handler in this process.
it('what carries contexts is made when the library is loaded: made later, Node is slower at it for as long as the process runs', () => {
  expect(Reflect.get(globalThis, Symbol.for('holdfast: contexts 1'))).toBeInstanceOf(AsyncLocalStorage)
})

describe('the context of a handler', () => {
  it('is left when the handler returns or throws, and goes on in what it awaits', async () => {
    const [outer, inner] = [aHolder(), aHolder()]
    const later = runHolding(outer, () => {
      const promise = runHolding(inner, async () => {
        await new Promise(setImmediate)
        return holderHere()
      })
      expect(holderHere()).toBe(outer)
      expect(() => runHolding(inner, () => JSON.parse('no JSON'))).toThrow(SyntaxError)
      expect(holderHere()).toBe(outer)
      return promise
    })
    expect(holderHere()).toBeUndefined()
    expect(await later).toBe(inner)
    expect(holderHere()).toBeUndefined()
  })

  it('has the contexts of others in it, and leaves them as they were', async () => {
    const own = new AsyncLocalStorage<string>()
    const holder = aHolder()
    await own.run('mine', async () => {
      const seen = runHolding(holder, async () => {
        const atOnce = own.getStore()
        await Promise.resolve()
        return [atOnce, own.getStore(), holderHere()]
      })
      expect([own.getStore(), holderHere()]).toEqual(['mine', undefined])
      expect(await seen).toEqual(['mine', 'mine', holder])
      expect([own.getStore(), holderHere()]).toEqual(['mine', undefined])
    })
  })

  it('is each one’s own where many wait at once', async () => {
    const holders = Array.from({ length: 50 }, aHolder)
    const found = holders.map((holder, at) =>
      runHolding(holder, async () => {
        for (let turn = 0; turn < 1 + (at % 5); turn++) await new Promise(setImmediate)
        return holderHere()
      }),
    )
    expect(await Promise.all(found)).toEqual(holders)
  })
})

function aHolder(): Holder {
  return { session: {}, manager: {}, heldKey: undefined, isEnding: false }
}
