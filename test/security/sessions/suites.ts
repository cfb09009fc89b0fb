import { describe } from 'vitest'
import type { MovedStore } from '../../support/moved-stores.ts'
import { endingTests } from './ending-tests.ts'
import { idTests } from './id-tests.ts'
import { limitTests } from './limit-tests.ts'
import { ownerTests } from './owner-tests.ts'
import { watchTests } from './watch-tests.ts'

/** What the requirements say of stored sessions, on one kind of store. */
export function sessionSuites(name: string, open: () => Promise<MovedStore>): void {
  describe(`security of sessions in ${name}`, () => {
    idTests(open)
    limitTests(open)
    endingTests(open)
    ownerTests(open)
    watchTests(open)
  })
}
