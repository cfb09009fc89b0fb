import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exceptMatcher } from '../../src/http/except.ts'

function excepts(pattern: string | RegExp, path: string): boolean {
  return exceptMatcher([pattern])(path)
}

describe('exceptMatcher', () => {
  it('takes nothing without patterns', () => {
    expect(exceptMatcher([])('/')).toBe(false)
  })

  it('takes a path and what is below it, not one that goes on in the same segment', () => {
    for (const path of ['/api', '/api/', '/api/users', '/api?x=1']) expect(excepts('/api', path)).toBe(true)
    for (const path of ['/', '/ap', '/apix', '/API', '/x/api', '/api;x=1']) expect(excepts('/api', path)).toBe(false)
  })

  it('takes what begins with a prefix that ends in a slash, and all with /', () => {
    expect(excepts('/api/', '/api/users')).toBe(true)
    expect(excepts('/api/', '/api')).toBe(false)
    expect(excepts('/', '/anything')).toBe(true)
  })

  it('searches an expression, given as such or as a text between #', () => {
    expect(excepts(/^\/assets\//, '/assets/a.css')).toBe(true)
    expect(excepts(String.raw`#\.JSON$#i`, '/data.json')).toBe(true)
    expect(excepts('#^/x$#', '/xy')).toBe(false)
    expect(excepts('#a#b#', '/xa%23b')).toBe(true)
  })

  it('answers the same each time for expressions that remember where they were', () => {
    for (const flags of ['g', 'gi', 'y', 'gy']) {
      const expression = new RegExp('/assets', flags)
      const matches = exceptMatcher([expression])
      expect([matches('/assets/a'), matches('/assets/a'), matches('/assets')]).toEqual([true, true, true])
      expression.lastIndex = 5
      expect(matches('/assets/a')).toBe(true)
    }
    expect(excepts(/assets/y, '/assets')).toBe(false)
  })

  it('compares the decoded path, however the pattern is written', () => {
    for (const pattern of ['/café', '/caf%C3%A9']) {
      expect(excepts(pattern, '/caf%C3%A9/x')).toBe(true)
      expect(excepts(pattern, '/caf%c3%a9')).toBe(true)
    }
    expect(excepts(/^\/a b$/, '/a%20b?c')).toBe(true)
  })

  it('GO-8: takes no path that a router could read as another route', () => {
    const matches = exceptMatcher(['/api', '/x', /^\/api/])
    const twoWays = [
      '/api/../transfer',
      '/api/..',
      '/api/./x',
      '/api/.',
      '//api',
      '/api//x',
      '/api/..%20',
      '/api/..%20/transfer',
      '/api/%2e%2e/transfer',
      '/api/%2E%2e',
      '/api/..%2Ftransfer',
      '/api%2Fx',
      '/api/a%5cb',
      String.raw`/api\..\x`,
      '/%61pi',
      '/api/%7Ex',
      '/api/%5F',
      '/api/%00',
      '/api/%0d%0a',
      '/api/\n',
      '/api/%1f',
      '/api/%7f',
    ]
    for (const path of twoWays) expect(matches(path), path).toBe(false)
    expect(matches('/transfer/../api')).toBe(false)
    expect(matches('/api/.well-known')).toBe(true)
    expect(matches('/api/a..b/...')).toBe(true)
  })

  it('takes no path that cannot be decoded', () => {
    for (const path of ['/api/%', '/api/%zz', '/api/%C3', '/api/%E0%A4%A']) expect(excepts('/', path), path).toBe(false)
  })

  it('takes no target that is no path', () => {
    for (const path of ['', '*', 'api', 'http://a.example/api', '?/api']) expect(excepts('/', path), path).toBe(false)
  })

  it('S-353: patterns that are empty, invalid or can never match are errors at construction', () => {
    const wrong = [
      '',
      'api',
      '?x',
      '/api?x',
      '//api',
      '/a/../b',
      '/%61pi',
      '/a%2Fb',
      '/%',
      '#',
      '##',
      '#abc',
      '#(#',
      '#a#g',
      '#a#x',
      '#a#U',
    ]
    for (const pattern of wrong) expect(() => exceptMatcher(['/fine', pattern], 'csrf.except'), pattern).toThrow("Option 'csrf.except.1'")
  })

  it('never throws, whatever the path', () => {
    const matches = exceptMatcher(['/api', '/', /x/, '#y#i'])
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.webPath(), fc.webUrl(), anyPath), (path) => {
        expect(typeof matches(path)).toBe('boolean')
      }),
      { numRuns: 1000 },
    )
  })

  it('never excepts more than a normalising router, or one that does not decode, would find below the prefix', () => {
    const matches = exceptMatcher(['/api'])
    fc.assert(
      fc.property(anyPath, (path) => {
        if (!matches(path)) return
        const raw = path.split('?', 1)[0] ?? ''
        const normalised = new URL(`http://a.example${raw}`).pathname
        const decoded = new URL(`http://a.example${decodeURIComponent(raw).replaceAll('?', '%3F').replaceAll('#', '%23')}`).pathname
        for (const reading of [raw, normalised, decoded]) expect(reading === '/api' || reading.startsWith('/api/'), reading).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})

const anyPath = fc
  .array(
    fc.constantFrom(
      '/',
      '/api',
      '/api/',
      'api',
      '.',
      '..',
      '/..',
      '%2e',
      '%2E%2e',
      '%2f',
      '%5C',
      '\\',
      '%',
      '%61',
      '%C3%A9',
      'x',
      ' ',
      '?',
      '#',
      ';',
      '%00',
      '%20',
      '%3f',
    ),
    { maxLength: 10 },
  )
  .map((pieces) => pieces.join(''))
