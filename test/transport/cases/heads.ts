import { expect } from 'vitest'
import type { Suite } from '../suite.ts'

export function headCases({ test, begin }: Suite): void {
  test('HEAD is answered as GET, without a body, and keeps what it set', async () => {
    const { visitor } = await begin()
    const { status, text, cookies } = await visitor.see('/count', { method: 'HEAD' })
    expect([status, text, cookies.length]).toEqual([200, '', 1])
    expect(await visitor.text('/count')).toBe('2')
  })

  test('a 304 has no body, and keeps what the request set', async () => {
    const { visitor } = await begin()
    const { status, text, cookies } = await visitor.see('/same', { headers: { 'if-none-match': '"same"', 'cache-control': 'max-age=0' } })
    expect([status, text, cookies.length]).toEqual([304, '', 1])
    expect(await visitor.text('/same')).toBe('same')
    expect(await visitor.text('/count')).toBe('3')
  })

  test("the session's cookie stands beside those of the application", async () => {
    const { visitor } = await begin()
    const { cookies } = await visitor.see('/cookies')
    expect(cookies.map((line) => line.split('=', 1)[0]).toSorted()).toEqual(['a', 'b', 'ml_session'])
    expect(cookies.find((line) => line.startsWith('ml_session='))).toMatch(/; HttpOnly; SameSite=Lax$/)
  })

  test('of two cookies of one name the one that the store knows counts', async () => {
    const { visitor } = await begin()
    await visitor.see('/count')
    const cookie = `ml_session=${'a'.repeat(40)}; ml_session=${visitor.cookie('ml_session') ?? ''}`
    expect((await visitor.see('/count', { headers: { cookie } })).text).toBe('2')
  })

  test('an answer with the cookie is kept by no cache', async () => {
    const { visitor } = await begin()
    expect((await visitor.see('/count')).headers.get('cache-control')).toContain('no-store')
  })
}
