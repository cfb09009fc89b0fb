import { describe, it } from 'vitest'
import { howToGet, needs, type NeedName } from '../../scripts/services.ts'

declare module 'vitest' {
  interface TaskMeta {
    /** What the test lacked when it was skipped: the reporter's closing lines list it. */
    needs?: NeedName
  }
}

/** Where Chromium is. For use inside `describeNeeding('chromium', ...)`. */
export function chromiumPath(): string {
  const path = needs.chromium.find()
  if (path === undefined) throw new Error(`Chromium is missing: ${howToGet('chromium')}`)
  return path
}

/**
 * A `describe` for tests that need something from outside npm. Where it is missing they are skipped and listed at the end of the
 * run; with `CI` set nothing is skipped, and one failing test says what is missing.
 */
export function describeNeeding(need: NeedName, name: string, body: () => void): void {
  if (needs[need].find() !== undefined) {
    describe(name, body)
  } else if (process.env['CI']) {
    describe(name, () => {
      it(`finds ${need}`, () => {
        throw new Error(`${need} is missing: ${howToGet(need)}`)
      })
    })
  } else {
    describe(name, { skip: true, meta: { needs: need } }, body)
  }
}
