import { SqlFailure } from './bridge.ts'
import type { Lending } from './lending.ts'

const IN_TRANSACTION = 1
const AUTOCOMMIT = 2

/**
 * Inside a transaction of somebody else nothing is certain that was written. A connection of a pool is thrown away, which undoes it; a single one stays, and its
 * owner may still keep it or not.
 *
 * @param status The bits that the server sends with each answer.
 * @throws {SqlFailure} When it was inside one.
 */
export function refuseTransaction(status: number, returnsRows: boolean, { throwAway }: Pick<Lending<never>, 'throwAway'>): void {
  // With autocommit off what reads no table begins none: `open` asks so, and says what is wrong.
  if ((status & IN_TRANSACTION) === 0 && (returnsRows || (status & AUTOCOMMIT) !== 0)) return
  const why = 'The connection was inside a transaction of another program part, or autocommit is off on it.'
  throw throwAway === undefined ? new SqlFailure('unknown', 'other', why) : new SqlFailure('refused', 'contention', why)
}
