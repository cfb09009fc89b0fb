import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findMariaDbInstaller, howToGet, needs } from '../../scripts/services.ts'
import { namedServer, runServerProgram, type ServerForTests, SqlServer } from './sql-server.ts'

export interface MariaDbOptions {
  /** Keeps what it has acknowledged, also when it is killed: the server's own defaults. Default: is fast, and may lose the last of it. */
  readonly durable?: boolean
  /** Settings such as `{ 'max-connections': 20 }`. */
  readonly settings?: Readonly<Record<string, string | number>>
}

/** What it does at each start. */
const FIRST = `CREATE DATABASE IF NOT EXISTS holdfast;
CREATE USER IF NOT EXISTS holdfast@'%' IDENTIFIED BY 'holdfast';
GRANT ALL ON *.* TO holdfast@'%' WITH GRANT OPTION;
`

/** Starts a MariaDB server on a free port. Stop it afterwards, or say `await using`. */
export function startMariaDb({ durable = false, settings = {} }: MariaDbOptions = {}): Promise<SqlServer> {
  return SqlServer.create({
    name: 'mariadb',
    command: mariaDbPath(),
    args: (port, folder) => {
      const always = { port, datadir: join(folder, 'data'), tmpdir: folder, socket: join(folder, 'socket'), 'bind-address': '127.0.0.1' }
      const own = { 'pid-file': join(folder, 'pid'), 'init-file': join(folder, 'first.sql'), 'character-set-server': 'utf8mb4' }
      const all = { ...always, ...own, ...(durable ? {} : { 'innodb-flush-log-at-trx-commit': 0 }), ...settings }
      const pairs = Object.entries(all).map(([name, value]) => `--${name}=${value}`)
      return ['--no-defaults', '--skip-name-resolve', ...(durable ? [] : ['--skip-log-bin']), ...pairs]
    },
    url: (port) => `mysql://holdfast:holdfast@127.0.0.1:${port}/holdfast`,
    readyLine: 'ready for connections',
    endSignal: 'SIGTERM',
    hasFamily: false,
    prepare: async (folder) => {
      const args = ['--no-defaults', `--datadir=${join(folder, 'data')}`, '--auth-root-authentication-method=normal', '--skip-test-db']
      await runServerProgram(installerPath(), args, folder)
      writeFileSync(join(folder, 'first.sql'), FIRST)
    },
  })
}

/** A server for tests that break nothing: the one that `HOLDFAST_TEST_MARIADB` names by its URL, else one of our own. */
export async function mariaDbForTests(): Promise<ServerForTests> {
  return namedServer('HOLDFAST_TEST_MARIADB') ?? (await startMariaDb())
}

const mariaDbPath = (): string => orMissing(needs['mariadb-server'].find())
const installerPath = (): string => orMissing(findMariaDbInstaller())

function orMissing(path: string | undefined): string {
  if (path === undefined) throw new Error(`MariaDB is missing: ${howToGet('mariadb-server')}`)
  return path
}
