import { relative } from 'node:path'
import type { Reporter, SerializedError, TestModule } from 'vitest/node'
import { howToGet, needs, type NeedName } from './services.ts'

/** Prints what was skipped for want of something, and the closing line that CI counts: `N passed, N failed, N skipped`. */
export default class CiReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[] = []): void {
    const counts = { passed: 0, failed: errors.length, skipped: 0 }
    const lacking = new Map<NeedName, Set<string>>()
    for (const module of modules) {
      counts.failed += module.errors().length
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        counts[state === 'passed' || state === 'failed' ? state : 'skipped'] += 1
        const need = state === 'skipped' ? test.meta().needs : undefined
        if (need !== undefined && need in needs) {
          lacking.set(need, (lacking.get(need) ?? new Set()).add(relative(process.cwd(), module.moduleId)))
        }
      }
    }
    const skipped = [...lacking].map(([need, files]) => `${[...files].join(', ')} for want of ${need}: ${howToGet(need)}`)
    if (skipped.length > 0) console.log(`Skipped: ${skipped.join('; ')}`)
    console.log(`${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`)
  }
}
