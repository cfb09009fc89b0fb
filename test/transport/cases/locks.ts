import { expect } from 'vitest'
import type { Suite } from '../suite.ts'

export function lockCases({ test, begin }: Suite): void {
  test('twenty parallel requests lose no update', async () => {
    const { visitor } = await begin()
    await visitor.see('/count')
    const seen = await Promise.all(Array.from({ length: 20 }, () => visitor.text('/count')))
    expect(seen.map(Number).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, at) => at + 2))
    expect(await visitor.text('/peek')).toBe('21')
  })

  test('a handler that starts its own session again is told so at once, behind a parsed body too', async () => {
    const { visitor } = await begin()
    await visitor.see('/count')
    expect((await visitor.postJson('/nested', { name: 'Ada' })).text).toBe('ERR_SESSION_LOCK_SELF')
    expect(await visitor.text('/count')).toBe('2')
  })

  test('a handler that asks its own server with the visitor’s cookie gets 503 after the wait, and both locks are given back', async () => {
    const { visitor } = await begin({ waitSeconds: 0.2 })
    await visitor.see('/count')
    expect(await visitor.text('/loop')).toBe('503')
    expect(await visitor.text('/count')).toBe('3')
  })
}
