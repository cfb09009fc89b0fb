import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeGuardedFolder, removeGuardedFolder } from '../../proof/faults/guard.ts'
import { startBareWorker } from '../support/bare-worker.ts'
import { findRuntime, runProgram } from '../support/runtimes.ts'
import type { RuntimeName } from '../support/runtimes.ts'
import { countTogether } from './counting.ts'
import { webCases } from './suite/all.ts'
import { serverCases } from './suite/server.ts'
import type { Outcome, RuntimeCase } from './suite/kit.ts'

const suite = join(import.meta.dirname, 'suite')

/** How long a runtime may take to be installed, and to run its cases. */
export const INSTALL_MS = 600_000

/** How many cases a runtime must have run. A case that was taken away, or that did not run, is missed here. */
export interface Counts {
  readonly cases: number
}

/** Every case on one runtime, and several processes of it on the same files. */
export function runtimeSuite(name: RuntimeName, counts: Counts): void {
  describe(name, { timeout: 120_000 }, () => {
    const folder = useFolder(name)
    assertCases(counts, [...webCases(), ...serverCases('')], async () => {
      const { stdout } = await runProgram(await findRuntime(name), join(suite, 'child.ts'), [folder()])
      const [ran, ...lines] = stdout.trim().split('\n')
      expect(ran).toBe(name)
      return lines.map((line): Outcome => JSON.parse(line))
    })

    it('four processes count in one session, one is killed: nothing is lost, and no lock stays', async () => {
      const runtime = await findRuntime(name)
      const { lost, untold, locksLeft } = await countTogether(
        join(folder(), 'counted'),
        Array.from({ length: 4 }, () => runtime),
        25,
      )
      expect({ lost, locksLeft }).toEqual({ lost: 0, locksLeft: 0 })
      expect(untold).toBeLessThanOrEqual(1)
    })
  })
}

/** Every case that needs no files, in workerd. */
export function workerSuite(counts: Counts): void {
  describe('workerd', { timeout: 120_000 }, () => {
    assertCases(counts, webCases(), async () => {
      const { outputFiles } = await build({ entryPoints: [join(suite, 'worker.ts')], bundle: true, format: 'esm', write: false })
      const worker = startBareWorker(outputFiles[0]?.text ?? '')
      try {
        const response = await worker.dispatchFetch('http://localhost/', { method: 'POST', body: '' })
        const { outcomes, hasModules }: { readonly outcomes: Outcome[]; readonly hasModules: boolean } = Object(await response.json())
        expect(hasModules).toBe(false)
        return outcomes
      } finally {
        await worker.dispose()
      }
    })
  })
}

/** A folder that is there while the tests of a file run. */
export function useFolder(name: string): () => string {
  let folder = ''
  beforeAll(() => {
    folder = makeGuardedFolder(`runtime-${name}`)
  })
  afterAll(() => removeGuardedFolder(folder))
  return () => folder
}

function assertCases({ cases }: Counts, expected: readonly RuntimeCase[], run: () => Promise<readonly Outcome[]>): void {
  let outcomes: readonly Outcome[]
  beforeAll(async () => {
    outcomes = await run()
  }, INSTALL_MS)

  it(`runs ${cases} cases, each once`, () => {
    expect(outcomes.map(({ name }) => name)).toEqual(expected.map(({ name }) => name))
    expect(new Set(outcomes.map(({ name }) => name)).size).toBe(cases)
  })

  for (const { name } of expected) {
    it(name, () => {
      expect(outcomes.find((outcome) => outcome.name === name) ?? { error: 'it did not run' }).not.toHaveProperty('error')
    })
  }
}
