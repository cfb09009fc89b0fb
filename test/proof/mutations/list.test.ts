import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mutations } from '../../../proof/mutations/list.ts'
import { faults } from '../../../proof/run/faults/index.ts'
import { misplacedEdits } from '../../../scripts/mutants/broken-copy.ts'
import { repository } from '../../../scripts/support/check.ts'

describe('the mutations of the proof', () => {
  it('stand where the list says, once', () => {
    expect(mutations.flatMap(({ name, edits }) => misplacedEdits(repository, name, edits))).toEqual([])
  })

  it('are many, and each has its own name', () => {
    expect(mutations.length).toBeGreaterThanOrEqual(40)
    expect(new Set(mutations.map(({ name }) => name)).size).toBe(mutations.length)
  })

  it('have judges that are there', () => {
    const names = new Set(faults.map(({ name }) => name))
    for (const { judge } of mutations) {
      if (judge.by === 'tests') expect(judge.files.filter((file) => !existsSync(join(repository, file)))).toEqual([])
      else expect((judge.faults ?? []).filter((fault) => !names.has(fault))).toEqual([])
    }
  })
})
