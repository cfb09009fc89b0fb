import { SessionError, isSessionError } from '../../../session/errors.ts'
import type { Dialect } from '../bridges/bridge.ts'
import { type Run, inspect } from './inspect.ts'
import { type Step, plan } from './plan.ts'
import type { TableName } from './table-name.ts'

/** In each but the last, another process may have been faster with one statement. There are about thirty. */
const MOST_LOOKS = 100

/**
 * Makes the table, or adds what it lacks. Several processes may do it at once: where one was faster the others' statements fail, and they look again.
 *
 * @returns The statements that were run.
 * @throws {SessionError} `ERR_SESSION_DRIVER_FAILED` when the database refuses one, or when a person has to decide: then nothing was changed.
 */
export async function migrate(run: Run, dialect: Dialect, table: TableName): Promise<readonly string[]> {
  const done: string[] = []
  let failed: string | undefined
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const steps = plan(dialect, table, await inspect(run, dialect, table))
    if (steps.length === 0) return done
    refuse(table, steps)
    for (const statement of steps.flatMap(({ statements }) => statements)) {
      try {
        await run(statement)
        done.push(statement)
      } catch (error) {
        if (statement === failed) throw asSessionError(statement, error)
        failed = statement
        break
      }
    }
  }
  throw SessionError.driverFailed('migrate', `The table '${table.text}' is not what it was made to be: does another program change it?`)
}

/** Before anything was changed: what nothing here can mend. */
function refuse(table: TableName, steps: readonly Step[]): void {
  const hopeless = steps.filter(({ statements }) => statements.length === 0)
  if (hopeless.length === 0) return
  throw SessionError.driverFailed('migrate', `The table '${table.text}' was left as it is: ${hopeless.map(({ why }) => why).join('; ')}.`)
}

// What the database says may name a value, such as another program's id of a session: it stays in the cause.
function asSessionError(statement: string, error: unknown): SessionError {
  if (isSessionError(error)) return error
  return SessionError.driverFailed('migrate', `The database refused: ${statement}`, { cause: error })
}
