import { expect } from 'vitest'
import type { Suite } from '../suite.ts'

export function guardCases({ test, begin }: Suite): void {
  test('a form without its token is refused with 403, and nothing is done', async () => {
    const { visitor } = await begin()
    const token = await visitor.token()
    const withoutToken = await visitor.see('/save', { method: 'POST', body: new URLSearchParams({ name: 'Ada' }) })
    const wrongToken = await visitor.see('/save', { method: 'POST', body: new URLSearchParams({ _csrf: 'x'.repeat(token.length) }) })
    expect([withoutToken.status, wrongToken.status]).toEqual([403, 403])
    expect(await visitor.text('/peek')).toBe('0')
  })

  test('a form with its token is let in', async () => {
    const { visitor } = await begin()
    const { status, text } = await visitor.post('/save')
    expect([status, text]).toEqual([200, '1'])
  })

  test('the token of before the login is refused after it', async () => {
    const { visitor } = await begin()
    const token = await visitor.token()
    await visitor.post('/login')
    const { status } = await visitor.see('/save', { method: 'POST', body: new URLSearchParams({ _csrf: token }) })
    expect(status).toBe(403)
  })

  test('JSON is let in with the token in a header, and refused without', async () => {
    const { visitor } = await begin()
    const { status, text } = await visitor.postJson('/save', { name: 'Ada' })
    expect([status, text]).toEqual([200, '1'])
    const bare = await visitor.see('/save', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
    expect(bare.status).toBe(403)
  })

  test('a multipart form with its token is let in, and refused without', async () => {
    const { visitor } = await begin()
    const form = new FormData()
    form.set('_csrf', await visitor.token())
    expect((await visitor.see('/save', { method: 'POST', body: form })).status).toBe(200)
    form.delete('_csrf')
    form.set('name', 'Ada')
    expect((await visitor.see('/save', { method: 'POST', body: form })).status).toBe(403)
  })

  test('a page of another site is refused, with the right token too', async () => {
    const { visitor } = await begin()
    const body = new URLSearchParams({ _csrf: await visitor.token() })
    const { status } = await visitor.see('/save', { method: 'POST', body, headers: { origin: 'https://evil.example' } })
    expect(status).toBe(403)
    expect(await visitor.text('/peek')).toBe('0')
  })

  test('who has not logged in lately is refused where that is asked for, and let in after a login', async () => {
    const { visitor } = await begin()
    await visitor.see('/count')
    expect((await visitor.see('/fresh')).status).toBe(403)
    await visitor.post('/login')
    const { status, text } = await visitor.see('/fresh')
    expect([status, text]).toEqual([200, 'fresh'])
  })
}
