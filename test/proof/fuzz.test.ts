import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { replay } from '../../proof/fuzz/all.ts'
import { KEPT, inputsIn } from '../../proof/fuzz/corpus.ts'
import { fuzz } from '../../proof/fuzz/fuzz.ts'
import { targetNames } from '../../proof/fuzz/targets.ts'

const SEED = 20_261_130
/** A busy machine is slow, and one that counts executions does not mind. */
const NEVER = { timeout: 300_000 }
const limits = { mistaken: false, seed: SEED, mostFound: 1, seconds: Infinity, hangsAfterSeconds: 60 }

describe('each target of the fuzzer', () => {
  it.each(targetNames)('%s keeps its promise for every input of the corpus', NEVER, async (name) => {
    const corpus = inputsIn(join(KEPT, name))
    expect(corpus.length).toBeGreaterThan(5)
    const { found, reached, executions } = await fuzz({ ...limits, name, corpus, executions: 0 })
    expect(found).toEqual([])
    expect(executions).toBe(corpus.length)
    // A corpus that does not get into the code shows nothing.
    expect(reached.characters / reached.of).toBeGreaterThan(0.7)
  })

  it.each(targetNames)('%s has a mistake made in it, and the fuzzer finds it', NEVER, async (name) => {
    const { found, executions } = await fuzz({ ...limits, name, mistaken: true, corpus: [], executions: 10_000 })
    expect(found.map(({ kind }) => kind)).not.toEqual([])
    expect(executions).toBeLessThanOrEqual(11_000)
  })
})

describe('the fuzzer', () => {
  const maze = { ...limits, name: 'test/proof/fuzz-targets/maze.ts', corpus: [] }

  it('finds what chance does not: it goes on from what reached something new', NEVER, async () => {
    const { found, executions } = await fuzz({ ...maze, executions: 200_000 })
    expect(found).toMatchObject([{ kind: 'nobody gets to the end', inputs: [Buffer.from('hf1.')] }])
    expect(executions).toBeLessThan(200_000)
  })

  it('tries the same inputs for the same seed', NEVER, async () => {
    const [one, same, other] = await Promise.all([1, 1, 2].map((seed) => fuzz({ ...maze, seed, executions: 5000 })))
    expect(one?.kept.length).toBeGreaterThan(1)
    expect(same?.kept).toEqual(one?.kept)
    expect(other?.kept).not.toEqual(one?.kept)
  })

  const troubled = (input: string, hangsAfterSeconds = 60) =>
    fuzz({
      ...limits,
      hangsAfterSeconds,
      name: 'test/proof/fuzz-targets/troubled.ts',
      corpus: [Buffer.from('a'), Buffer.from(input)],
      executions: 0,
    })

  it.each(['abort', 'memory'])('survives an input that ends its process (%s), and says which', NEVER, async (input) => {
    expect((await troubled(input)).found).toMatchObject([{ kind: 'ends the process', inputs: [Buffer.from(input)] }])
  })

  it('says which input hangs', NEVER, async () => {
    expect((await troubled('hang', 3)).found).toMatchObject([{ kind: 'hangs', inputs: [Buffer.from('hang')] }])
  })

  it('says which input takes too long', NEVER, async () => {
    expect((await troubled('slow')).found).toMatchObject([{ kind: 'takes too long', inputs: [Buffer.from('slow')] }])
  })

  it.each(['prototype', 'getter'])('says after which inputs a prototype was another one (%s)', NEVER, async (input) => {
    const [found, ...more] = (await troubled(input)).found
    expect(found?.kind).toBe('touches what all objects inherit')
    expect(found?.inputs.map((one) => Buffer.from(one).toString())).toContain(input)
    expect(more).toEqual([])
  })

  it('replays a finding', NEVER, async () => {
    expect(await replay('test/proof/fuzz-targets/maze.ts', [Buffer.from('hf1.')])).toMatchObject([{ kind: 'nobody gets to the end' }])
    expect(await replay('test/proof/fuzz-targets/maze.ts', [Buffer.from('hf1,')])).toEqual([])
  })
})
