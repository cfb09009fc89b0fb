import { expect } from 'vitest'
import type { Suite } from '../suite.ts'

export function errorCases({ test, begin }: Suite): void {
  test('nothing is kept of a request whose handler threw, and its lock is given back', async () => {
    const { visitor } = await begin()
    await visitor.see('/count')
    expect((await visitor.see('/throw')).status).toBe(500)
    expect(await visitor.text('/count')).toBe('2')
  })

  test('a new visitor whose handler threw gets no cookie', async () => {
    const { house, visitor } = await begin()
    expect((await visitor.see('/throw')).cookies).toEqual([])
    expect((await house.driver.list()).sessions).toEqual([])
  })

  test('an error of 404 that is thrown keeps what the request set', async () => {
    const { visitor } = await begin()
    expect((await visitor.see('/refuse')).status).toBe(404)
    expect(await visitor.text('/count')).toBe('2')
  })

  test('an answer of 404 keeps what the request set', async () => {
    const { visitor } = await begin()
    expect((await visitor.see('/missing')).status).toBe(404)
    expect(await visitor.text('/count')).toBe('2')
  })

  test('an answer of 503 keeps nothing, and the lock is given back', async () => {
    const { visitor } = await begin()
    await visitor.see('/count')
    expect((await visitor.see('/unwell')).status).toBe(503)
    expect(await visitor.text('/count')).toBe('2')
  })

  test('a path that nobody serves is a 404, and the lock is given back', async () => {
    const { visitor } = await begin()
    await visitor.see('/count')
    expect((await visitor.see('/nowhere')).status).toBe(404)
    expect(await visitor.text('/count')).toBe('2')
  })

  test('an answer that could not be stored does not go out: 503, without a cookie', async () => {
    const { house, visitor } = await begin()
    house.breakStore()
    const { status, text, cookies } = await visitor.see('/cookies')
    expect(status).toBe(503)
    expect(text).not.toBe('1')
    expect(text).not.toContain('the store is down')
    expect(cookies).toEqual([])
  })

  test('a store that cannot be asked is a 503: the handler does not run, and the session is there when the store is', async () => {
    const { house, visitor } = await begin()
    await visitor.see('/count')
    const before = visitor.cookie('ml_session')
    const mend = house.cutOff()
    const { status, text, cookies } = await visitor.see('/count')
    expect([status, cookies]).toEqual([503, []])
    expect(text).not.toContain('the store is down')
    mend()
    expect(await visitor.text('/count')).toBe('2')
    expect(visitor.cookie('ml_session')).toBe(before)
  })

  test('a redirect that could not be stored does not lead on', async () => {
    const { house, visitor } = await begin()
    const body = new URLSearchParams({ _csrf: await visitor.token() })
    house.breakStore()
    house.driver.replace = () => Promise.reject(new Error('the store is down'))
    const { status, headers } = await visitor.see('/login', { method: 'POST', body })
    expect([status, headers.get('location')]).toEqual([503, null])
  })
}
