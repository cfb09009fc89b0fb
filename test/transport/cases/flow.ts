import { expect } from 'vitest'
import type { Suite } from '../suite.ts'

export function flowCases({ test, begin }: Suite): void {
  test('S-027 a session keeps what a request sets, and a flash message for the next one', async () => {
    const { visitor } = await begin()
    expect(await visitor.text('/visit')).toBe('Guest, last visited: never')
    expect(await visitor.text('/home')).toBe('nobody Guest: Welcome back!')
    expect(await visitor.text('/visit')).toBe('Guest, last visited: now')
  })

  test('a visitor of whom nothing is kept gets no cookie and leaves nothing', async () => {
    const { house, visitor } = await begin()
    expect((await visitor.see('/peek')).cookies).toEqual([])
    expect((await house.driver.list()).sessions).toEqual([])
  })

  test('an id that the store does not know is not taken up', async () => {
    const { visitor } = await begin()
    const planted = 'a'.repeat(40)
    const { text, cookies } = await visitor.see('/count', { headers: { cookie: `ml_session=${planted}` } })
    expect(text).toBe('1')
    expect(cookies).toHaveLength(1)
    expect(cookies[0]).toMatch(/^ml_session=[0-9a-f]{40}; /)
    expect(cookies[0]).not.toContain(planted)
  })

  test('cookies that are no ids are no sessions: the store is not asked, and a new one begins', async () => {
    const { house, visitor } = await begin()
    const asked = house.noteReads()
    const odd = ['', '../../etc/passwd', 'A'.repeat(40), 'a'.repeat(39), 'a'.repeat(41), '%00', '__proto__', '"', 'x'.repeat(6000)]
    for (const value of odd) {
      const { status, text, cookies } = await visitor.see('/count', { headers: { cookie: `ml_session=${value}` } })
      expect([value, status, text, cookies.length]).toEqual([value, 200, '1', 1])
    }
    expect(asked).toEqual([])
    await visitor.see('/count', { headers: { cookie: `ml_session=${'a'.repeat(40)}` } })
    expect(asked).toHaveLength(1)
  })

  test('S-445 a visit, a form, a login with a new id, a flash over its redirect, and a logout', async () => {
    const { house, visitor } = await begin()
    await visitor.see('/count')
    const before = visitor.cookie('ml_session')
    const login = await visitor.post('/login')
    expect([login.status >= 301 && login.status <= 303, login.headers.get('location')]).toEqual([true, '/home'])
    expect(login.headers.get('cache-control')).toContain('no-store')
    expect(visitor.cookie('ml_session')).toMatch(/^[0-9a-f]{40}$/)
    expect(visitor.cookie('ml_session')).not.toBe(before)
    expect(await visitor.text('/home')).toBe('7 Ada: Welcome back!')
    expect(await visitor.text('/peek')).toBe('1')
    expect((await visitor.see('/peek', { headers: { cookie: `ml_session=${before ?? ''}` } })).text).toBe('0')
    const logout = await visitor.post('/logout')
    expect([logout.status, logout.headers.get('location'), logout.cookies.length]).toEqual([303, '/home', 1])
    expect(visitor.cookie('ml_session')).toBeUndefined()
    expect(await visitor.text('/home')).toBe('nobody Guest: nothing new')
    expect((await house.driver.list()).sessions).toEqual([])
  })

  test('a flash message is shown once', async () => {
    const { visitor } = await begin()
    await visitor.post('/login')
    expect(await visitor.text('/home')).toBe('7 Ada: Welcome back!')
    expect(await visitor.text('/home')).toBe('7 Ada: nothing new')
  })

  test('a path that is excepted gets no session, and others do', async () => {
    const { visitor } = await begin()
    await visitor.see('/count')
    expect(await visitor.text('/exempt')).toBe('none')
    expect(await visitor.text('/count')).toBe('2')
  })

  test('where sessions are disabled no request has one, and no cookie is sent', async () => {
    const { house, visitor } = await begin({ enabled: false })
    const { text, cookies } = await visitor.see('/exempt')
    expect([text, cookies]).toEqual(['none', []])
    expect((await house.driver.list()).sessions).toEqual([])
  })

  test('a second session stands beside the first under its own name', async () => {
    const { visitor } = await begin({ hasStaff: true })
    const { text, cookies } = await visitor.see('/both')
    expect(text).toBe('1 1')
    expect(cookies.map((line) => line.split('=', 1)[0]).toSorted()).toEqual(['ml_session', 'staff'])
    await visitor.see('/count')
    expect(await visitor.text('/both')).toBe('3 2')
  })
}
