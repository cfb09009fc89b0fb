import { SessionError } from '../../../session/errors.ts'
import { answered } from '../../settle.ts'
import type { Family } from '../bridges/bridge.ts'
import type { SqlLine } from '../line.ts'
import { wholeNumber } from '../rows.ts'
import { statement } from '../statement.ts'

/** No number of a row has more digits. */
const LARGEST = Number.MAX_SAFE_INTEGER

/**
 * Checks that the client gives whole numbers as they are: `binary: true` of pg 8 gives others, and a parser that was set for all statements may give
 * anything. It asks with a value, since pg reads some answers otherwise then.
 *
 * @throws {SessionError} `ERR_SESSION_DRIVER_FAILED` when it does not.
 */
export async function checkWholeNumbers(line: SqlLine, family: Family): Promise<void> {
  const same = statement(family, 'whole_number', `SELECT CAST(:createdAt AS ${family === 'mysql' ? 'SIGNED' : 'bigint'}) AS created_at`)
  const ask = (): Promise<number | undefined> =>
    line.run('open', same, { createdAt: LARGEST }, ({ rows: [row] }) => wholeNumber(row?.['created_at']))
  if ((await answered('open', ask)) === LARGEST) return
  throw SessionError.driverFailed(
    'open',
    'The client changes what it reads: whole numbers, or the names of columns. Hand in one that does not, as by `binary`, a parser or a plugin.',
  )
}
