import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repository } from '../../scripts/support/check.ts'
import { LEFT_OUT } from '../../test/transport/left-out.ts'
import type { Figure, FigureRow } from './figure.ts'

/** What vitest reports of a test. */
interface Reported {
  readonly title: string
  /** The names of the `describe` that it is in. */
  readonly ancestorTitles: readonly string[]
  readonly status: string
}

const SUITE = ': transport'

export const figure: Figure = {
  name: 'frameworks',
  title: 'The cases of the transport suite, and the frameworks whose adapter meets each',
  async run(size, { log }) {
    const tests = runTests(size === 'full' ? 'test/transport' : 'test/transport/fetch.test.ts')
    const frameworks = [...new Set(tests.map(frameworkOf))]
    const cases = [...new Set(tests.map(({ title }) => title))]
    const passed = tests.filter(({ status }) => status === 'passed').length
    const leftOut = frameworks.length * cases.length - tests.length
    log(`${passed} of ${tests.length} tests pass; ${leftOut} cases are left out`)
    const cell = (framework: string, title: string): string => {
      const test = tests.find((one) => frameworkOf(one) === framework && one.title === title)
      if (test === undefined) return LEFT_OUT[framework]?.[title] ?? 'is not there'
      return test.status === 'passed' ? '✓' : test.status
    }
    const rows: FigureRow[] = cases.map((title) => ({
      case: title,
      ...Object.fromEntries(frameworks.map((framework) => [framework, cell(framework, title)])),
    }))
    return { counts: { frameworks: frameworks.length, cases: cases.length, passed, failed: tests.length - passed, leftOut }, rows }
  },
}

function frameworkOf({ ancestorTitles }: Reported): string {
  return ancestorTitles[0]?.replace(SUITE, '') ?? ''
}

/** Runs the suite as `npm test` does, and gives what was found. */
function runTests(files: string): Reported[] {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-frameworks-'))
  try {
    const outputFile = join(folder, 'report.json')
    const vitest = join(repository, 'node_modules/vitest/vitest.mjs')
    const args = [vitest, 'run', files, '--reporter=json', `--outputFile=${outputFile}`]
    const { stderr } = spawnSync(process.execPath, args, { cwd: repository, encoding: 'utf8' })
    const { testResults }: { testResults: readonly { assertionResults: readonly Reported[] }[] } = JSON.parse(
      readFileSync(outputFile, 'utf8') || stderr,
    )
    return testResults.flatMap(({ assertionResults }) => assertionResults).filter(({ ancestorTitles: [name] }) => name?.endsWith(SUITE))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
