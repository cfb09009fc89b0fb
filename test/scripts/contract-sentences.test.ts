import { describe, expect, it } from 'vitest'
import { contractSentences, promisesOf } from '../../scripts/contract-sentences.ts'
import { makeTree } from '../support/tree.ts'

const contract = `
/** Not a driver: promises nothing. */
export interface Version {
  /** Also nothing. */
  read(): void
}

/**
 * Keeps records. A record past its \`expiresAt\`
 * is absent.
 */
export interface SessionDriver {
  /** Short name. */
  readonly name: string
  /** Reads; \`undefined\` when there is nothing. A read changes nothing. */
  read(key: string): Promise<string | undefined>
  /**
   * Renews.
   * With a version it is refused at another one.
   * @throws {SessionError} when it failed. Not a sentence.
   */
  touch(
    key: string,
  ): void
}

/** Lists. */
export interface ListingDriver extends SessionDriver {
  /** Page by page. */
  list<Item>(): Item
}

/** After them. */
export type Result = string
`

const promises = [
  'SessionDriver: Keeps records',
  'SessionDriver: A record past its expiresAt is absent',
  'read: Reads; undefined when there is nothing',
  'read: A read changes nothing',
  'touch: Renews',
  'touch: With a version it is refused at another one',
  'ListingDriver: Lists',
  'list: Page by page',
]

const check = (suite: Readonly<Record<string, string>>) => contractSentences(makeTree({ 'src/contracts/driver.ts': contract, ...suite }))
const testsOf = (names: readonly string[]) => names.map((name) => `  test("${name}", async () => {})`).join('\n')

describe('contract sentences', () => {
  it('are those of the interfaces and their methods, not of properties, tags or other types', () => {
    expect(promisesOf(contract)).toEqual(promises)
  })

  it('pass when each is the name of a test, in whatever file of the suite', () => {
    const suite = {
      'src/testing/driver-suite.ts': testsOf(promises.slice(0, 3)).replace('read:', 'read():'),
      'src/testing/driver-suite-locks.ts': testsOf(promises.slice(3, 5)),
      'src/testing/suite/lists.ts': `${testsOf(promises.slice(5, 7))}\n  it(\n    'list: Page by page',\n    run)`,
    }
    expect(check(suite).problems).toEqual([])
  })

  it('fail when one is no test, and when its words differ', () => {
    const suite = { 'src/testing/driver-suite.ts': testsOf(promises.slice(1)).replace('Page by page', 'Page after page') }
    expect(check(suite).problems).toEqual([
      'no test in the suite is called "SessionDriver: Keeps records"',
      'no test in the suite is called "list: Page by page"',
    ])
  })

  it('do not pass for words in a comment, or in a file that is not the suite', () => {
    const commented = promises.map((name) => `// ${name}`).join('\n')
    expect(check({ 'src/testing/driver-suite.ts': commented, 'src/testing/client.ts': testsOf(promises) }).problems).toHaveLength(
      promises.length,
    )
  })
})
