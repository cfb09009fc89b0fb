import { mutation, proof, tests } from './mutation.ts'
import type { Mutation } from './mutation.ts'

const POSTGRES = 'src/drivers/database/dialects/postgres.ts'
const SQLITE = 'src/drivers/database/dialects/sqlite.ts'
const MYSQL = 'src/drivers/database/dialects/mysql.ts'

export const databaseMutations: readonly Mutation[] = [
  mutation(
    'PostgreSQL: a commit looks neither at the lease nor at the version',
    proof('postgres', 'stop', 'stall'),
    POSTGRES,
    "         WHERE ${LEASED('moments.now')} AND ${AT_VERSION} RETURNING session.expires_ms AS answer`,\n",
    '         WHERE session.session_id = :key AND (session.lease_token = :token OR session.version >= CAST(:version AS bigint) OR session.write_token = :from)\n         RETURNING session.expires_ms AS answer`,\n',
  ),
  mutation(
    'PostgreSQL: a merge does not look at the version',
    proof('postgres', 'stop'),
    POSTGRES,
    "         WHERE session.session_id = :key AND ${AT_VERSION} AND ${FREE('moments.now')} RETURNING session.expires_ms AS answer`,\n",
    "         WHERE session.session_id = :key AND (session.version >= CAST(:version AS bigint) OR session.write_token = :from)\n           AND ${FREE('moments.now')} RETURNING session.expires_ms AS answer`,\n",
  ),
  mutation(
    'PostgreSQL: a lease is given though another lives',
    tests('test/drivers/database-postgres.test.ts'),
    POSTGRES,
    '           (session.lease_until_ms <= clock.now AND session.expires_ms > clock.now)\n',
    '           (session.expires_ms > clock.now)\n',
  ),
  mutation(
    'PostgreSQL: a write waits for a row as long as it takes, and then goes by the time of before',
    tests('test/drivers/database/row-locks.test.ts'),
    POSTGRES,
    "set_config('lock_timeout', '{lockMs}', true)",
    "set_config('lock_timeout', '0', true)",
  ),
  mutation(
    'PostgreSQL: an insert writes over what is there',
    tests('test/drivers/database-postgres.test.ts'),
    POSTGRES,
    '         ON CONFLICT (session_id) DO NOTHING RETURNING expires_ms AS answer`,\n',
    '         ON CONFLICT (session_id) DO UPDATE SET payload = excluded.payload RETURNING expires_ms AS answer`,\n',
  ),
  mutation(
    'SQLite: a commit looks neither at the lease nor at the version',
    proof('sqlite', 'stop', 'stall'),
    SQLITE,
    "commit: sql('commit', `UPDATE ${table} SET ${RECORD}, ${HOLD_ON} WHERE ${LEASED} AND ${AT_VERSION} RETURNING",
    "commit: sql('commit', `UPDATE ${table} SET ${RECORD}, ${HOLD_ON} WHERE session_id = :key AND (:token = :token OR :version = :version OR :from = :from) RETURNING",
  ),
  mutation(
    'SQLite: a change of id leaves the old record as it is',
    proof('sqlite', 'client-delay'),
    'src/drivers/database/database-store.ts',
    "        : await this.#line.run('replace', mark, { ...values, ...markerValues(write) }, this.#isWritten)\n",
    '        : mark !== undefined && markerValues(write) !== undefined\n',
  ),
  mutation(
    'MariaDB: a commit looks neither at the lease nor at the version',
    proof('mariadb', 'stop', 'stall'),
    MYSQL,
    "commit: write('commit', `UPDATE ${table} SET ${RECORD}, ${HOLD_ON} WHERE ${LEASED} AND ${AT_VERSION}`),",
    "commit: write('commit', `UPDATE ${table} SET ${RECORD}, ${HOLD_ON} WHERE session_id = :key AND (:token = :token OR :version = :version OR :from = :from)`),",
  ),
  mutation(
    'MariaDB: a row is read without its lock when it is leased',
    tests('test/drivers/database/deadlocks.test.ts'),
    MYSQL,
    'WHERE found.session_id = :key FOR UPDATE\n',
    'WHERE found.session_id = :key\n',
  ),
  mutation(
    'databases and Redis: the lease of a session that has ended is kept in memory',
    tests('test/drivers/database/close.test.ts'),
    'src/drivers/known-leases.ts',
    '    for (const [token, lease] of this.#leases) if (lease.key === key) this.#leases.delete(token)\n',
    '',
  ),
]
