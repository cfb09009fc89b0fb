import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** A guard that is gone may make a test wait for ever. */
const MOST_MS_A_RUN = 180_000
const MOST_MS_A_TEST = 20_000
/** So many failures are enough to know that a guard is missed, and show by what. */
const ENOUGH_FAILURES = 4

interface VitestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly { readonly status: string; readonly title: string }[]
  }[]
}

/**
 * Runs the tests of a tree that are in these files, and gives the titles of the first that fail. A file that cannot be loaded has none: no test has noticed anything.
 * @throws when no test ran, and when the run did not end in time.
 */
export async function failedTitles(root: string, files: readonly string[]): Promise<string[]> {
  const output = join(root, 'report.json')
  rmSync(output, { force: true })
  const limits = [`--testTimeout=${MOST_MS_A_TEST}`, `--bail=${ENOUGH_FAILURES}`]
  await vitest(root, ['run', ...files, '--reporter=json', `--outputFile=${output}`, ...limits])
  if (!existsSync(output)) throw new Error(`The tests of ${files.join(', ')} ended without a report, or not within ${MOST_MS_A_RUN} ms.`)
  const { testResults }: VitestReport = JSON.parse(readFileSync(output, 'utf8'))
  const results = testResults.flatMap(({ assertionResults }) => assertionResults)
  if (results.length === 0) throw new Error(`No test ran of ${files.join(', ')}`)
  return results.filter(({ status }) => status === 'failed').map(({ title }) => title)
}

function vitest(cwd: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const program = join(cwd, 'node_modules/vitest/vitest.mjs')
    const child = spawn(process.execPath, [program, ...args], { cwd, stdio: 'ignore', timeout: MOST_MS_A_RUN, killSignal: 'SIGTERM' })
    child.on('exit', () => resolve())
  })
}
