import { describe, expect, it } from 'vitest'
import { exceptMatcher } from '../../src/http/except.ts'
import { cookieVectors } from './vectors.ts'
import type { Deviation, ExceptCase } from './vectors.ts'

const rows = cookieVectors.exceptTable.filter((row) => row.except !== undefined)
const constructions = cookieVectors.exceptTable.filter((row) => row.except === undefined)

type Outcome = boolean | 'refused'

const unusable = { item: 'S-353', ours: 'refused' } as const

// One entry a pattern list, or a list and a path, where the outcome differs from PHP's.
const deviations: readonly (Deviation & { readonly except: string; readonly paths: readonly string[] | 'all'; readonly ours: Outcome })[] =
  [
    { ...unusable, why: 'an empty pattern would take everything', except: '[""]', paths: 'all' },
    { ...unusable, why: 'it can match no path', except: '["api"]', paths: 'all' },
    { ...unusable, why: 'an expression needs a # at its end', except: '["#unclosed"]', paths: 'all' },
    { ...unusable, why: 'an expression needs a # at its end', except: '["#"]', paths: 'all' },
    { ...unusable, why: '# is the only delimiter, and no path begins with ~', except: '["~^/x~"]', paths: 'all' },
    { item: 'S-353', why: 'a prefix ends at a segment boundary', except: '["/api"]', paths: ['/apix'], ours: false },
    { item: 'S-353', why: 'a path that can be read in two ways is not excepted', except: '["/"]', paths: ['/x/../api/'], ours: false },
  ]

function outcome({ except = [], uriPath = '' }: ExceptCase): Outcome {
  try {
    return exceptMatcher(except)(uriPath)
  } catch {
    return 'refused'
  }
}

describe('except as the PHP library decides it', () => {
  it('S-352 S-353: takes and leaves the same paths, and else what the table says', () => {
    let followed = 0
    let deviated = 0
    for (const row of rows) {
      const deviation = deviations.find(
        ({ except, paths }) => except === JSON.stringify(row.except) && (paths === 'all' || paths.includes(row.uriPath ?? '')),
      )
      expect(outcome(row), JSON.stringify(row)).toBe(deviation?.ours ?? row.exempt)
      if (deviation === undefined) followed++
      else deviated++
    }
    expect({ followed, deviated }).toEqual({ followed: 168, deviated: 87 })
  })

  it('D-56: a text in place of a list is an error at construction, as in PHP; so are null and numbers, which PHP takes or notices late', () => {
    expect(constructions).toHaveLength(3)
    for (const { config } of constructions) {
      const patterns: unknown = config?.except
      expect(() => Reflect.apply(exceptMatcher, undefined, [patterns])).toThrow("Option 'except")
    }
  })
})
