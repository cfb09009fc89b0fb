import type { Family, Statement, Value } from './bridges/bridge.ts'

/** What statements may be given, by the names that stand in their texts with a colon before them. */
export type Parameters = {
  readonly key: string
  readonly after: string
  readonly limit: number
  /** Up to where a collection has come, in seconds of the column `expiration`. */
  readonly reached: number
  /** The token of a lease. */
  readonly token: string | null
  readonly leaseMs: number | null
  /** The token of the lease that goes on. */
  readonly keepToken: string | null
  readonly version: number | null
  /** The write token of the version that a condition asks for. */
  readonly from: string | null
  readonly writeToken: string
  readonly payload: string
  readonly flash: string
  readonly handle: string
  readonly userId: string | null
  readonly ipAddress: string | null
  readonly userAgent: string | null
  /** Unix milliseconds; `NOW` for now. */
  readonly createdAt: number
  readonly authenticatedAt: number | null
  readonly regeneratedAt: number | null
  readonly idleMs: number | null
  readonly absoluteMs: number | null
  readonly marker: string
  readonly minimumMs: number
  readonly maximumMs: number
}

/** A statement and the order in which it takes its values. */
export interface NamedStatement extends Statement {
  readonly parameters: readonly string[]
}

/** How often a statement is sent whose condition was not met, and is met by what a look at the row then finds. */
export const TRIES = 5

// A cast of PostgreSQL is written CAST(...), so a colon is always a parameter's.
const PARAMETER = /:([a-zA-Z]+)/g

/**
 * Makes a statement of a text with named parameters.
 *
 * @param operation What its name begins with. The rest tells texts apart: two drivers may share connections, and prepared statements with them.
 */
export function statement(family: Family, operation: string, text: string): NamedStatement {
  const parameters: string[] = []
  const placed = text
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll(PARAMETER, (_, parameter: string) => {
      if (family === 'mysql') {
        parameters.push(parameter)
        return '?'
      }
      if (!parameters.includes(parameter)) parameters.push(parameter)
      return `${family === 'postgres' ? '$' : '?'}${parameters.indexOf(parameter) + 1}`
    })
  const returnsRows = / RETURNING /.test(placed) || placed.startsWith('SELECT ')
  return { name: `holdfast_${operation}_${checksum(placed)}`, text: placed, returnsRows, parameters }
}

/** A statement that is sent now and then, without parameters. */
export function plainStatement(text: string): NamedStatement {
  const returnsRows = /^\s*(?:SELECT|PRAGMA|WITH|SHOW) /i.test(text)
  return { name: `holdfast_plain_${checksum(text)}`, text, returnsRows, parameters: [] }
}

/** The values in the order in which a statement takes them. */
export function valuesFor({ name, parameters }: NamedStatement, values: Partial<Parameters>): Value[] {
  const given: Readonly<Record<string, Value | undefined>> = values
  return parameters.map((parameter) => {
    const value = given[parameter]
    if (value === undefined) throw new TypeError(`the statement ${name} takes ${parameter}, and was not given it`)
    return value
  })
}

/** FNV-1a, twice 32 bits: it need not withstand anybody, and is the same on every runtime. */
function checksum(text: string): string {
  let one = 0x811c9dc5
  let other = 0xcbf29ce4
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    one = Math.imul(one ^ code, 0x01000193)
    other = Math.imul(other ^ code, 0x01000193) + one
  }
  return [one, other].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
}
