import type { SessionDriver } from '../contracts/driver.ts'
import { commitTests } from './suite/commit.ts'
import { contentionTests } from './suite/contention.ts'
import { destroyTests } from './suite/destroy.ts'
import { failureTests } from './suite/failures.ts'
import { gcTests } from './suite/gc.ts'
import { insertTests } from './suite/insert.ts'
import { leaseTests } from './suite/leases.ts'
import { lifeTests } from './suite/life.ts'
import { listTests } from './suite/list.ts'
import type { DriverSuiteOptions, TestFunction } from './suite/options.ts'
import { readingTests } from './suite/reading.ts'
import { replaceTests } from './suite/replace.ts'
import { revokeTests } from './suite/revoke.ts'
import { rewriteTests } from './suite/rewrite.ts'
import { surveyTests } from './suite/survey.ts'
import { updateTests } from './suite/update.ts'
import { wholeWriteTests } from './suite/whole-writes.ts'
import { suiteOf } from './suite/world.ts'

/**
 * Tests that a driver keeps the contract: each sentence of the documentation of `SessionDriver`, `LockingDriver`, `ListingDriver`, `RewritingDriver` and
 * `SurveyingDriver` is a
 * test of the same words. It runs under any test runner that registers a test by a name and a function.
 *
 * What the driver cannot do is declared under `limits`, each with its reason, and is then not tested.
 *
 * @example
 * driverSuite(it, { create: () => new MyDriver({ clock: clock.now }), advance: clock.advance, limits: { alwaysOpens: 'it needs no server' } })
 * @throws {SessionError} `ERR_SESSION_CONFIG` when something is neither given nor declared, or both, and for an option that is unknown.
 */
export function driverSuite<Driver extends SessionDriver>(test: TestFunction, options: DriverSuiteOptions<Driver>): void {
  const suite = suiteOf(test, options)
  const topics = [
    lifeTests,
    readingTests,
    insertTests,
    updateTests,
    wholeWriteTests,
    rewriteTests,
    destroyTests,
    gcTests,
    failureTests,
    leaseTests,
    commitTests,
    replaceTests,
    listTests,
    revokeTests,
    surveyTests,
    contentionTests,
  ]
  for (const topic of topics) topic(suite)
}
