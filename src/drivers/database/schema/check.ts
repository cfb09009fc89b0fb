import { SessionError } from '../../../session/errors.ts'
import { warnOnce } from '../warning.ts'
import type { Dialect } from '../bridges/bridge.ts'
import { familyOf } from './definition.ts'
import { type Run, inspect } from './inspect.ts'
import { type Step, plan } from './plan.ts'
import type { TableName } from './table-name.ts'

/**
 * Checks that sessions can be kept in the table and that this user may write there. It warns, once in a process, of what only makes it slow.
 *
 * @throws {SessionError} `ERR_SESSION_DRIVER_FAILED` when they cannot: the message says why and what to do.
 */
export async function checkTable(run: Run, dialect: Dialect, table: TableName): Promise<void> {
  const found = await inspect(run, dialect, table)
  const steps = plan(dialect, table, found)
  const faults = steps.filter(({ isNeeded }) => isNeeded)
  if (faults.length > 0) {
    const what =
      found.kind === undefined ? `There is no table '${table.text}'.` : `The table '${table.text}' cannot keep sessions: ${whyOf(faults)}.`
    const cure = found.kind === undefined ? creation(dialect, table) : change(faults)
    throw SessionError.driverFailed('open', `${what}${cure}`)
  }
  if (steps.length > 0) warnOnce(`The table '${table.text}' is slower than it could be: ${whyOf(steps)}.${change(steps)}`)
  // A replica, a server that was set to read only, a user without the right: each says so here, and not at the first login.
  await run(`DELETE FROM ${table.quoted(familyOf(dialect))} WHERE 1 = 0 AND session_id = ''`)
}

function whyOf(steps: readonly Step[]): string {
  return steps.map(({ why }) => why).join('; ')
}

function creation(dialect: Dialect, { text }: TableName): string {
  const definition = text === 'sessions' ? `tableDefinition('${dialect}')` : `tableDefinition('${dialect}', { table: '${text}' })`
  return ` Run \`npx holdfast migrate\` or \`await driver.migrate()\` once, or the SQL that \`${definition}\` gives.`
}

function change(steps: readonly Step[]): string {
  if (steps.some(({ statements }) => statements.length === 0)) return ''
  const statements = steps.flatMap((step) => step.statements)
  return ` Run \`npx holdfast migrate\` or \`await driver.migrate()\` once, or these: ${statements.join('; ')}`
}
