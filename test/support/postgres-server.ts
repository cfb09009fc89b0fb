import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { howToGet, needs } from '../../scripts/services.ts'
import { postgres18Folder } from './postgres-18.ts'
import { namedServer, runServerProgram, type ServerForTests, SqlServer } from './sql-server.ts'

export interface PostgresOptions {
  /** Debian's 15, or 18 from npm. Default: 15. */
  readonly version?: 15 | 18
  /** Keeps what it has acknowledged, also when it is killed: the server's own defaults. Default: is fast, and may lose the last of it. */
  readonly durable?: boolean
  /** Settings such as `{ max_connections: 20 }`. */
  readonly settings?: Readonly<Record<string, string | number>>
}

const FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
/** The line of postmaster.pid that names its shared memory: a key and a number. */
const MEMORY_LINE = 6

/** Starts a PostgreSQL server on a free port. Stop it afterwards, or say `await using`. */
export function startPostgres({ version = 15, durable = false, settings = {} }: PostgresOptions = {}): Promise<SqlServer> {
  const programs = version === 18 ? postgres18Folder() : postgresFolder()
  return SqlServer.create({
    name: 'postgres',
    command: join(programs, 'postgres'),
    args: (port, folder) => {
      const always = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '', dynamic_shared_memory_type: 'mmap' }
      const all = { ...always, ...(durable ? {} : FAST), ...settings }
      return ['-D', dataFolder(folder), ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
    },
    url: (port) => `postgres://postgres@127.0.0.1:${port}/postgres`,
    readyLine: 'database system is ready to accept connections',
    endSignal: 'SIGINT',
    hasFamily: true,
    prepare: (folder) => {
      const args = ['-D', dataFolder(folder), '-U', 'postgres', '--auth=trust', '-E', 'UTF8', '--no-locale', '--no-sync']
      return runServerProgram(join(programs, 'initdb'), args, folder)
    },
    memory: (folder) => {
      const line = readFileSync(join(dataFolder(folder), 'postmaster.pid'), 'utf8').split('\n')[MEMORY_LINE] ?? ''
      const id = /^\s*\d+\s+(\d+)\s*$/.exec(line)?.[1]
      return id === undefined ? undefined : Number(id)
    },
  })
}

/** A server for tests that break nothing: the one that `HOLDFAST_TEST_POSTGRES` names by its URL, else one of our own. */
export async function postgresForTests(): Promise<ServerForTests> {
  return namedServer('HOLDFAST_TEST_POSTGRES') ?? (await startPostgres())
}

const dataFolder = (folder: string): string => join(folder, 'data')

function postgresFolder(): string {
  const initdb = needs['postgres-server'].find()
  if (initdb === undefined) throw new Error(`PostgreSQL is missing: ${howToGet('postgres-server')}`)
  return join(initdb, '..')
}
