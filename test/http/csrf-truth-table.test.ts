import { describe, expect, it } from 'vitest'
import { csrfGuard } from '../../src/http/csrf-guard.ts'
import { maskToken } from '../../src/session/csrf-token.ts'
import { csrfRequest, decide, TOKEN } from './csrf-request.ts'

const TRUSTED = 'https://pay.example'

// What a header can say, by its meaning to the application at https://shop.example.
const sites: Readonly<Record<string, readonly (string | readonly string[])[]>> = {
  absent: [''],
  own: ['same-origin'],
  user: ['none'],
  foreign: ['same-site', 'cross-site', 'Same-Origin', 'same-origin, same-origin', 'unheard-of', ['same-origin', 'cross-site']],
}
const origins: Readonly<Record<string, readonly (string | readonly string[])[]>> = {
  absent: [''],
  own: ['https://shop.example', 'https://SHOP.example:443'],
  trusted: [TRUSTED],
  foreign: [
    'https://evil.example',
    'http://shop.example',
    'https://shop.example:444',
    'https://shop.example.evil.example',
    'null',
    'https://shop.example, https://shop.example',
    ['https://shop.example'],
    '*',
    'shop.example',
  ],
}
const referers: Readonly<Record<string, readonly (string | readonly string[])[]>> = {
  absent: [''],
  own: ['https://shop.example/cart?x=1', 'https://shop.example'],
  trusted: [`${TRUSTED}/pay`],
  foreign: [
    'https://evil.example/?https://shop.example/',
    'http://shop.example/',
    'https://shop.example@evil.example/',
    'about:blank',
    'not a url',
    ['https://shop.example/'],
  ],
}
const fields: Readonly<Record<string, readonly unknown[]>> = {
  absent: [undefined, null, ''],
  right: [TOKEN, maskToken(TOKEN)],
  wrong: ['wrong', 'cd'.repeat(40), maskToken('cd'.repeat(40)), TOKEN.toUpperCase(), `${TOKEN} `, [TOKEN], 5, {}],
}

// The rules as DESIGN.md has them, as rows: the first that fits decides. '*' fits everything.
const originRules: readonly (readonly [site: string, origin: string, referer: string, verdict: string])[] = [
  ['own', '*', '*', 'sec-fetch-site'],
  ['foreign', 'trusted', '*', 'origin'],
  ['foreign', '*', '*', 'refused: cross-site'],
  ['*', 'own', '*', 'origin'],
  ['*', 'trusted', '*', 'origin'],
  ['*', 'foreign', '*', 'refused: origin'],
  ['*', 'absent', 'own', 'referer'],
  ['*', 'absent', 'trusted', 'referer'],
  ['*', 'absent', 'foreign', 'refused: referer'],
  ['*', 'absent', 'absent', 'unproven'],
]
const tokenRules: readonly (readonly [tokens: string, isProven: string, field: string, verdict: string])[] = [
  ['*', '*', 'wrong', 'refused: token-wrong'],
  ['*', '*', 'right', 'token'],
  ['always', '*', 'absent', 'refused: token-missing'],
  ['fallback', 'unproven', 'absent', 'refused: token-missing'],
  ['fallback', 'proven', 'absent', 'as the origin'],
]

function verdictOf(rules: readonly (readonly [string, string, string, string])[], facts: readonly string[]): string {
  const rule = rules.find((row) => facts.every((fact, index) => row[index] === '*' || row[index] === fact))
  return rule?.[3] ?? expect.unreachable(`no rule for ${facts.join(', ')}`)
}

function reference(tokens: string, site: string, origin: string, referer: string, field: string): string {
  const byOrigin = verdictOf(originRules, [site, origin, referer])
  if (byOrigin.startsWith('refused')) return byOrigin
  const byToken = verdictOf(tokenRules, [tokens, byOrigin === 'unproven' ? 'unproven' : 'proven', field])
  return byToken === 'as the origin' ? byOrigin : byToken
}

function* allOf<Value>(kinds: Readonly<Record<string, readonly Value[]>>): Generator<readonly [string, Value]> {
  for (const [kind, values] of Object.entries(kinds)) for (const value of values) yield [kind, value]
}

function compareAll(tokens: 'always' | 'fallback'): { requests: number; passed: number } {
  const guard = csrfGuard({ tokens, trustedOrigins: [TRUSTED] })
  const count = { requests: 0, passed: 0 }
  for (const [site, siteValue] of allOf(sites)) {
    for (const [origin, originValue] of allOf(origins)) {
      for (const [referer, refererValue] of allOf(referers)) {
        for (const [kind, field] of allOf(fields)) {
          const headers = { 'sec-fetch-site': siteValue, origin: originValue, referer: refererValue }
          const decision = decide(guard, csrfRequest({ headers, field }))
          const said = decision.pass ? decision.provenBy : `refused: ${decision.reason}`
          if (said !== reference(tokens, site, origin, referer, kind)) expect.unreachable(JSON.stringify({ headers, field, said }))
          count.requests++
          if (decision.pass) count.passed++
        }
      }
    }
  }
  return count
}

// Counted by hand from the kinds above: of 9 * 13 * 10 combinations of the three headers these prove the origin, and 2 say nothing.
const PROVEN = 1 * 13 * 10 + 6 * 1 * 10 + 2 * 3 * 10 + 2 * 1 * 3
const UNPROVEN = 2
const REQUESTS = 9 * 13 * 10 * 13

describe('Sec-Fetch-Site, Origin, Referer and token together', () => {
  it("GO-2 to GO-6, CS-CSRF-6, CS-CSRF-7: are decided as the table says, with tokens: 'always'", () => {
    expect(compareAll('always')).toEqual({ requests: REQUESTS, passed: (PROVEN + UNPROVEN) * 2 })
  })

  it("GO-2 to GO-6, CS-CSRF-6, CS-CSRF-7: are decided as the table says, with tokens: 'fallback'", () => {
    expect(compareAll('fallback')).toEqual({ requests: REQUESTS, passed: (PROVEN + UNPROVEN) * 2 + PROVEN * 3 })
  })
})
