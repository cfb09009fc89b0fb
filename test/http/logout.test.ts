import { describe, expect, it } from 'vitest'
import { cookiePolicy } from '../../src/http/cookie.ts'
import { logoutWords } from '../../src/http/logout.ts'
import type { LogoutOptions } from '../../src/http/logout.ts'

describe('the answer to a logout', () => {
  it('is 204, or leads on by 303, and no cache keeps it', () => {
    expect(logoutWords()('POST')).toEqual({ status: 204, headers: { 'cache-control': 'no-store' } })
    expect(logoutWords({ redirect: '/bye?a=1#b' })('POST')).toEqual({
      status: 303,
      headers: { 'cache-control': 'no-store', location: '/bye?a=1#b' },
    })
  })

  it('ASVS-14.3.1: can tell the browser to forget what it keeps of the site', () => {
    expect(logoutWords({ clearSiteData: ['cache', 'storage'] })('POST').headers['clear-site-data']).toBe('"cache", "storage"')
    expect(logoutWords({ clearSiteData: ['*'] })('POST').headers['clear-site-data']).toBe('"*"')
  })

  it('ASVS-7.4.4: logs nobody out by a link, an image or a preflight', () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'post', '', undefined]) {
      expect(logoutWords({ redirect: '/', clearSiteData: ['*'] })(method)).toEqual({
        status: 405,
        headers: { allow: 'POST', 'cache-control': 'no-store' },
      })
    }
  })

  it('refuses options that cannot be meant', () => {
    const wrong: unknown[] = [
      { redirect: '' },
      { redirect: '/a b' },
      { redirect: '/\r\nx: y' },
      { redirect: 5 },
      { clearSiteData: 'cache' },
      { clearSiteData: ['all'] },
      { to: '/' },
      null,
    ]
    for (const options of wrong) expect(() => logoutWords(options as LogoutOptions), JSON.stringify(options)).toThrow(/^Option '/)
  })
})

describe('the priority of the cookie', () => {
  it('is sent where it was asked for', () => {
    const id = 'ab'.repeat(20) as never
    expect(cookiePolicy('s', { priority: 'High' }).write(id, true)).toContain('; Priority=High')
    expect(cookiePolicy('s').write(id, true)).not.toContain('Priority')
    expect(() => cookiePolicy('s', { priority: 'high' as 'High' })).toThrow("Option 'cookie.priority'")
  })
})
