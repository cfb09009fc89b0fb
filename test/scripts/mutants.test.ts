import { beforeAll, describe, expect, it } from 'vitest'
import { misplaced, runMutants } from '../../scripts/mutants.ts'
import type { MutantResult } from '../../scripts/mutants.ts'
import { failedTitles } from '../../scripts/mutants/failed-tests.ts'
import type { Mutant } from '../../scripts/mutants/mutant.ts'
import { mutants } from '../../scripts/mutants/security.ts'
import { readText, repository } from '../../scripts/support/check.ts'
import { makeTree } from '../support/tree.ts'

describe('the guards that are taken out', () => {
  it('stand where the list says, once', () => {
    expect(misplaced(repository, mutants)).toEqual([])
    expect(mutants.length).toBeGreaterThanOrEqual(24)
    expect(new Set(mutants.map(({ guard }) => guard)).size).toBe(mutants.length)
  })

  it('are told of when their text is gone, or there twice', () => {
    const root = makeTree({ 'src/a.ts': 'if (no) throw\nif (no) throw\n' })
    const mutant = (text: string): Mutant => ({ guard: 'no', edits: [{ file: 'src/a.ts', text, without: '' }], likely: [] })
    expect(misplaced(root, [mutant('if (no)')])).toEqual(['no: its text stands 2 times in src/a.ts, and must stand there once: if (no)'])
    expect(misplaced(root, [mutant('if (yes)')])).toEqual(['no: its text stands 0 times in src/a.ts, and must stand there once: if (yes)'])
  })
})

it('that no guard was chosen is an error', async () => {
  await expect(runMutants(repository, [])).rejects.toThrow('No guard was chosen')
})

it('a run of tests that leaves no report is an error, not a run in which none fails', async () => {
  const root = makeTree({ 'test/a.test.ts': '' })
  await expect(failedTitles(root, ['test/a.test.ts'])).rejects.toThrow('test/a.test.ts ended without a report')
})

describe('three guards taken out one by one', { timeout: 240_000 }, () => {
  const noop: Mutant = {
    guard: 'a comment, which guards nothing',
    edits: [{ file: 'src/http/caching.ts', text: '`private` does not', without: '`private` does  not' }],
    likely: ['requests/answers.test.ts'],
  }
  const chosen = mutants.filter(({ guard }) => ['the cookie is HttpOnly', 'an answer to a failure tells nothing'].includes(guard))
  const before = readText(repository, 'src/http/cookie.ts')
  let results: MutantResult[]

  beforeAll(async () => {
    results = await runMutants(repository, [...chosen, noop], { all: ['requests/answers.test.ts'] })
  }, 240_000)

  it('are noticed by tests that carry ids', () => {
    expect(results.map(({ guard }) => guard)).toEqual([...chosen.map(({ guard }) => guard), noop.guard])
    const [httpOnly, answer] = results
    expect(httpOnly?.ids).toContain('ASVS-3.3.4')
    expect(answer?.ids).toEqual(['ASVS-16.5.1'])
  })

  it('survive where nothing notices', () => {
    expect(results.at(-1)?.ids).toEqual([])
  })

  it('are never taken out of the tree itself', () => {
    expect(readText(repository, 'src/http/cookie.ts')).toBe(before)
  })
})
