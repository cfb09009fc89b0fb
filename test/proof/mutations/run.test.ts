import { expect, it } from 'vitest'
import { mutation, tests } from '../../../proof/mutations/mutation.ts'
import { runMutations } from '../../../proof/mutations/run.ts'
import { readText, repository } from '../../../scripts/support/check.ts'

const FILE = 'src/session/same-value.ts'
const options = { seed: 1, mostTrials: 1, told: () => {} }

it('a mutation that changes nothing is told as not caught, and the tree stays as it is', { timeout: 120_000 }, async () => {
  const before = readText(repository, FILE)
  const idle = mutation('nothing', tests('test/session/same-value.test.ts'), FILE, before, `${before}\n`)
  const [caught] = await runMutations(repository, [idle], options)
  expect(caught).toEqual({
    name: 'nothing',
    judge: 'tests',
    by: undefined,
    how: 'no test of test/session/same-value.test.ts fails',
  })
  expect(readText(repository, FILE)).toBe(before)
})

it('that none was chosen is an error', async () => {
  await expect(runMutations(repository, [], options)).rejects.toThrow('No mutation was chosen')
})

it('a mutation whose text is not there is an error', async () => {
  const lost = mutation('lost', tests('test/session/same-value.test.ts'), FILE, 'what nobody wrote', '')
  await expect(runMutations(repository, [lost], options)).rejects.toThrow('lost: its text stands 0 times')
})
