import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { findRuntime, runProgram } from '../support/runtimes.ts'
import type { RuntimeName } from '../support/runtimes.ts'
import { INSTALL_MS, useFolder } from './runtime-suite.ts'

const root = join(import.meta.dirname, '../..')
const vitest = join(root, 'node_modules/vitest/vitest.mjs')

/** What is left of a runner's environment would have another believe that it is a part of it. */
const OF_THE_RUNNER = /^VITEST|^TEST$|^NODE_OPTIONS$/

const FILES = ['elysia', 'express', 'fastify', 'fetch', 'h3', 'hono', 'koa', 'node']

/** What vitest reports of a file. */
interface Reported {
  readonly assertionResults: readonly { readonly fullName: string; readonly status: string; readonly failureMessages?: readonly string[] }[]
}

/** The transport suite of every framework that runs there, by the test runner that this runtime runs. `cases`: how many each has. */
export function transportOn(name: RuntimeName, cases: number): void {
  describe(`the transport suite on ${name}`, () => {
    const folder = useFolder(`transport-${name}`)
    let results: readonly Reported[]

    beforeAll(async () => {
      const found = await findRuntime(name)
      const env = Object.fromEntries(Object.entries(found.env).filter(([variable]) => !OF_THE_RUNNER.test(variable)))
      // Without the flag, the program of npm that it starts as would have its way, and be run by Node.
      const runtime = {
        ...found,
        args: name === 'bun' ? ['--bun', ...found.args] : found.args,
        env: { ...env, NODE_ENV: 'test' as const, HOLDFAST_TEST_RUNTIME: name },
      }
      const report = join(folder(), 'report.json')
      const files = [...FILES.map((file) => `test/transport/${file}.test.ts`), 'test/runtimes/suite/which-runtime.test.ts']
      const args = ['run', ...files, '--root', root, '--maxWorkers=1', '--reporter=json', `--outputFile=${report}`]
      // It ends with an error when a test fails; which one is said below.
      await runProgram(runtime, vitest, args).catch(() => undefined)
      const { testResults }: { readonly testResults: readonly Reported[] } = JSON.parse(readFileSync(report, 'utf8'))
      results = testResults
    }, INSTALL_MS)

    it(`passes, ${cases} cases for each of ${FILES.length} adapters`, () => {
      const all = results.flatMap(({ assertionResults }) => assertionResults)
      const failed = all.filter(({ status }) => status !== 'passed')
      expect(failed.map(({ fullName, status, failureMessages }) => [fullName, status, failureMessages?.[0]])).toEqual([])
      expect(all).toHaveLength(cases * FILES.length + 1)
    })
  })
}
