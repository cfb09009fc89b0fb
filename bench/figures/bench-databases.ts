import { comparePairs, together } from '../compare/pairs.ts'
import type { Pair } from '../compare/pair.ts'
import { startMariaDb } from '../../test/support/mariadb-server.ts'
import { startPostgres } from '../../test/support/postgres-server.ts'
import type { Figure } from './figure.ts'

const bare = { label: 'Express without sessions', server: 'express-bare' }

const postgres: Pair = {
  title: 'Express, PostgreSQL',
  bare,
  peer: { label: 'express-session + connect-pg-simple', server: 'express-session-postgres' },
  ours: [
    { label: 'Holdfast, locked', server: 'holdfast-postgres' },
    { label: "Holdfast, 'merge'", server: 'holdfast-postgres-merge' },
  ],
  processes: 2,
}

const mysql: Pair = {
  title: 'Express, MariaDB',
  bare,
  peer: { label: 'express-session + express-mysql-session', server: 'express-session-mysql' },
  ours: [
    { label: 'Holdfast, locked', server: 'holdfast-mysql' },
    { label: "Holdfast, 'merge'", server: 'holdfast-mysql-merge' },
  ],
  processes: 2,
}

export const figure: Figure = {
  name: 'bench-databases',
  title: 'Sessions of Express in PostgreSQL and MariaDB, beside the stores of express-session',
  peers: ['express', 'express-session', 'connect-pg-simple', 'pg', 'express-mysql-session', 'mysql2'],
  async run(size, options) {
    // The small size is looked at for its counts alone.
    const durable = size === 'full'
    const inPostgres = async () => {
      await using store = await startPostgres({ durable })
      return await comparePairs([postgres], { ...options, size, store })
    }
    const inMariaDb = async () => {
      await using store = await startMariaDb({ durable })
      return await comparePairs([mysql], { ...options, size, store })
    }
    const first = await inPostgres()
    return size === 'small' ? first : together(first, await inMariaDb())
  },
}
