import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { howToGet, needs } from '../../scripts/services.ts'
import { SqlServer } from './sql-server.ts'

export interface PgBouncerOptions {
  /** How many connections it has to the server, for however many clients. Default: 4. */
  readonly poolSize?: number
  /** Settings of the section `[pgbouncer]`, such as `{ query_wait_timeout: 5 }`. */
  readonly settings?: Readonly<Record<string, string | number>>
}

/** Starts a PgBouncer in transaction mode in front of a server: a client has a connection to that only from BEGIN to COMMIT. */
export function startPgBouncer(
  postgres: { readonly port: number },
  { poolSize = 4, settings = {} }: PgBouncerOptions = {},
): Promise<SqlServer> {
  return SqlServer.create({
    name: 'pgbouncer',
    command: pgBouncerPath(),
    args: (port, folder) => {
      const file = join(folder, 'pgbouncer.ini')
      const always = { listen_addr: '127.0.0.1', listen_port: port, unix_socket_dir: '', auth_type: 'any', pool_mode: 'transaction' }
      // How long it tries nothing after the server has refused it, as one does that is being started again: 15 s by default.
      const own = { max_client_conn: 500, default_pool_size: poolSize, server_login_retry: 0.1 }
      const lines = Object.entries({ ...always, ...own, ...settings }).map(([name, value]) => `${name} = ${value}`)
      const databases = `[databases]\n* = host=127.0.0.1 port=${postgres.port} user=postgres\n`
      writeFileSync(file, `${databases}[pgbouncer]\n${lines.join('\n')}\n`)
      return [file]
    },
    url: (port) => `postgres://postgres@127.0.0.1:${port}/postgres`,
    readyLine: 'process up:',
    endSignal: 'SIGTERM',
    hasFamily: false,
  })
}

function pgBouncerPath(): string {
  const path = needs.pgbouncer.find()
  if (path === undefined) throw new Error(`PgBouncer is missing: ${howToGet('pgbouncer')}`)
  return path
}
