import { describe, expect, it } from 'vitest'
import { bodyFieldFromParsed } from '../../src/http/body-token.ts'
import { csrfGuard } from '../../src/http/csrf-guard.ts'
import type { CsrfDecision } from '../../src/http/csrf-guard.ts'
import { csrfRequest, decide, TOKEN } from './csrf-request.ts'
import { csrfVectors } from './vectors.ts'
import type { CsrfCase, Deviation } from './vectors.ts'

const guard = csrfGuard()
const headerValues = { absent: undefined, right: TOKEN, wrong: 'wrong', empty: '' }

function bodyOf(row: CsrfCase): unknown {
  return row.body === 'object with _csrf right' ? { _csrf: TOKEN } : csrfVectors.bodies[row.body]
}

function decideCase(row: CsrfCase): CsrfDecision {
  const headers: Record<string, string> = {}
  const [first, second] = [headerValues[row['X-CSRF-TOKEN']], headerValues[row['X-XSRF-TOKEN']]]
  if (first !== undefined) headers['x-csrf-token'] = first
  if (second !== undefined) headers['x-xsrf-token'] = second
  const sessionToken = row.sessionToken === 'T' ? TOKEN : ''
  return decide(guard, csrfRequest({ method: row.method, headers, field: bodyFieldFromParsed(bodyOf(row), '_csrf'), sessionToken }))
}

const deviations: readonly (Deviation & {
  readonly ours: boolean
  readonly count: number
  readonly applies: (row: CsrfCase) => boolean
})[] = [
  {
    item: 'S-304',
    why: 'a method is upper-cased before it is compared',
    ours: true,
    count: 7,
    applies: (row) => row.method === 'get' && !row.passes,
  },
  {
    item: 'S-307',
    why: 'an empty field falls through to X-CSRF-TOKEN, which is right (D-44)',
    ours: true,
    count: 3,
    applies: (row) =>
      row.body === '_csrf empty string' && row['X-CSRF-TOKEN'] === 'right' && row['X-XSRF-TOKEN'] !== 'right' && row.sessionToken === 'T',
  },
  {
    item: 'S-307',
    why: 'an empty field falls through to X-CSRF-TOKEN, which is wrong (D-44)',
    ours: false,
    count: 1,
    applies: (row) => row.body === '_csrf empty string' && row['X-CSRF-TOKEN'] === 'wrong' && row.passes,
  },
  {
    item: 'S-306',
    why: 'a field that is no text is refused, not passed over (ASVS-15.3.5)',
    ours: false,
    count: 12,
    applies: (row) => (row.body === '_csrf array' || row.body === '_csrf int') && row.passes,
  },
  {
    item: 'S-306',
    why: 'any parsed body counts that has the field of its own',
    ours: true,
    count: 10,
    applies: (row) => row.body === 'object with _csrf right' && row.sessionToken === 'T' && !row.passes,
  },
]

describe('CSRF decisions as the PHP library makes them', () => {
  it('S-304 to S-310: are the same where the verdict is to follow, and else what the table says', () => {
    const counts = deviations.map(() => 0)
    let followed = 0
    for (const row of csrfVectors.decisions) {
      const index = deviations.findIndex(({ applies }) => applies(row))
      const deviation = deviations[index]
      expect(decideCase(row).pass, JSON.stringify(row)).toBe(deviation?.ours ?? row.passes)
      if (deviation === undefined) followed++
      else {
        expect(row.passes).not.toBe(deviation.ours)
        counts[index] = (counts[index] ?? 0) + 1
      }
    }
    expect(csrfVectors.count).toBe(462)
    expect(csrfVectors.decisions).toHaveLength(462)
    expect(counts).toEqual(deviations.map(({ count }) => count))
    expect(followed).toBe(429)
  })

  it('checks TRACE, CONNECT and PROPFIND, and lets GET, HEAD and OPTIONS pass without a token', () => {
    const passing = (method: string) => csrfVectors.decisions.filter((row) => row.method === method).map((row) => decideCase(row).pass)
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'get']) expect(new Set(passing(method))).toEqual(new Set([true]))
    for (const method of ['TRACE', 'CONNECT', 'PROPFIND', 'Post']) expect(new Set(passing(method))).toEqual(new Set([true, false]))
  })

  // Of the 8 other observations these 3 are decisions; the rest is what sessions do with their token.
  it('S-314 D-45: no session is a refusal, and nothing is asked for that would start one', () => {
    expect(csrfVectors.extra).toHaveLength(8)
    expect(csrfVectors.extra[0]?.what).toContain('POST when no session was started')
    expect(guard.check(csrfRequest({ sessionToken: undefined, field: TOKEN }))).toMatchObject({
      pass: false,
      reason: 'session-token-missing',
    })
  })

  it('S-318: a session token that is no text matches nothing: PHP casts numbers, and refuses arrays as we do', () => {
    expect(csrfVectors.extra.slice(1, 3).map(({ what }) => what)).toEqual([
      'session token stored as int 12345, body "12345"',
      'session token stored as array',
    ])
    for (const stored of [12_345, [TOKEN]]) {
      const request = { ...csrfRequest({ field: Array.isArray(stored) ? TOKEN : '12345' }), sessionToken: stored }
      expect(Reflect.apply(decide, undefined, [guard, request])).toMatchObject({ pass: false, reason: 'token-wrong' })
    }
  })
})
