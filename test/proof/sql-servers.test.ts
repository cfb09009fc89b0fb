import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'
import { expect, it, onTestFinished, vi } from 'vitest'
import { startProcess } from '../../proof/faults/node-process.ts'
import { childrenOf, isGone, isStopped } from '../../proof/faults/process-table.ts'
import { until } from '../../proof/faults/until.ts'
import { mariaDbForTests, startMariaDb } from '../support/mariadb-server.ts'
import { describeNeeding } from '../support/needs.ts'
import { startPgBouncer } from '../support/pgbouncer.ts'
import { postgresForTests, startPostgres } from '../support/postgres-server.ts'
import type { SqlServer } from '../support/sql-server.ts'

/** Ports that are given out before free ones. */
const given = vi.hoisted((): number[] => [])
vi.mock(import('../support/free-ports.ts'), async (original) => {
  const { freePorts } = await original()
  return { freePorts: async (count) => [...given.splice(0, count), ...(await freePorts(count))].slice(0, count) }
})

interface Connection {
  /** The rows, each as a list of its values as text. */
  readonly query: (sql: string) => Promise<string[][]>
}

async function connectPostgres(url: string): Promise<Connection> {
  const client = new Client(url)
  client.on('error', () => {})
  onTestFinished(() => void client.end().catch(() => {}))
  await client.connect()
  return { query: async (text) => (await client.query<unknown[]>({ text, rowMode: 'array' })).rows.map((row) => row.map(String)) }
}

async function connectMariaDb(url: string): Promise<Connection> {
  const client = await createConnection({ uri: url, rowsAsArray: true })
  client.on('error', () => {})
  onTestFinished(() => client.destroy())
  return { query: async (sql) => asRows((await client.query(sql))[0]) }
}

const asRows = (result: unknown): string[][] =>
  Array.isArray(result) ? result.map((row) => (Array.isArray(row) ? row.map(String) : [])) : []

async function stopping(starting: Promise<SqlServer>): Promise<SqlServer> {
  const server = await starting
  onTestFinished(() => server.stop())
  return server
}

interface Kind {
  readonly start: (options?: { durable?: boolean; settings?: Readonly<Record<string, string>> }) => Promise<SqlServer>
  readonly connect: (url: string) => Promise<Connection>
  /** Computes for longer than any test runs, and looks at nothing meanwhile. */
  readonly longQuery: string
  /** How many queries run that begin with `SELECT`, this one too. */
  readonly running: string
  /** What it shows of its settings when it is durable; and when it is fast and takes at most 37 connections. */
  readonly settings: { readonly query: string; readonly durable: string[]; readonly fast: string[] }
}

const postgres: Kind = {
  start: startPostgres,
  connect: connectPostgres,
  longQuery: 'SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b',
  running: `SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT%'`,
  settings: {
    query: `SELECT setting FROM unnest('{fsync,synchronous_commit,full_page_writes,max_connections}'::text[]) AS name, current_setting(name) AS setting`,
    durable: ['on', 'on', 'on', '100'],
    fast: ['off', 'off', 'off', '37'],
  },
}

const mariaDb: Kind = {
  start: startMariaDb,
  connect: connectMariaDb,
  longQuery: `SELECT benchmark(1000000000000, md5('a'))`,
  running: `SELECT count(*) FROM information_schema.processlist WHERE command = 'Query' AND info LIKE 'SELECT%'`,
  settings: {
    query: 'SELECT @@innodb_flush_log_at_trx_commit UNION ALL SELECT @@max_connections',
    durable: ['1', '151'],
    fast: ['0', '37'],
  },
}

function serverSuite({ start, connect, longQuery, running, settings }: Kind): void {
  it('keeps what it has acknowledged when it is killed, if it is durable', async () => {
    const server = await stopping(start({ durable: true }))
    const connection = await connect(server.url)
    expect((await connection.query(settings.query)).flat()).toEqual(settings.durable)
    await connection.query('CREATE TABLE counts (count int)')
    for (let count = 1; count <= 50; count++) await connection.query(`INSERT INTO counts VALUES (${count})`)
    expect(await server.kill()).toEqual({ code: null, signal: 'SIGKILL' })
    await expect(connection.query('SELECT 1')).rejects.toThrow(/closed|terminated|not queryable|ECONNRESET|EPIPE/)
    await expect(connect(server.url)).rejects.toThrow('ECONNREFUSED')
    await server.restart()
    expect(await (await connect(server.url)).query('SELECT count(*), max(count) FROM counts')).toEqual([['50', '50']])
  })

  it('leaves no process behind that still computes when it is killed, and starts again', async () => {
    const server = await stopping(start({ durable: true }))
    const [busy, other] = [await connect(server.url), await connect(server.url)]
    const answer = busy.query(longQuery).then(
      () => 'an answer',
      (error: unknown) => String(error),
    )
    await until('it to be computing', async () => Number((await other.query(running))[0]?.[0]) === 2)
    const processes = [server.pid, ...childrenOf(server.pid)]
    await server.kill()
    expect(processes.filter((pid) => !isGone(pid))).toEqual([])
    expect(await answer).toMatch(/closed|terminated|lost|ECONNRESET/)
    await server.restart()
    expect(await (await connect(server.url)).query('SELECT 1')).toEqual([['1']])
  })

  it('answers nobody while it is paused, and everybody afterwards', async () => {
    const [server, other] = [await stopping(start()), await stopping(start())]
    expect(server.port).not.toBe(other.port)
    const [paused, awake] = [await connect(server.url), await connect(other.url)]
    await server.pause()
    const answers: unknown[] = []
    const late = paused.query('SELECT 1').then((answer) => answers.push(answer))
    const later = connect(server.url).then((connection) => connection.query('SELECT 2'))
    for (let count = 1; count <= 20; count++) await awake.query('SELECT 1')
    expect(answers).toEqual([])
    server.resume()
    await late
    expect([answers, await later]).toEqual([[[['1']]], [['2']]])
  })

  it('starts again with all that it had, whether it ran or was paused, though clients are connected', async () => {
    const server = await stopping(start())
    await (await connect(server.url)).query('CREATE TABLE counts (count int)')
    const { pid, port } = server
    await server.restart()
    expect([server.pid === pid, server.port]).toEqual([false, port])
    await (await connect(server.url)).query('INSERT INTO counts VALUES (7)')
    await server.pause()
    await server.restart()
    expect(await (await connect(server.url)).query('SELECT count FROM counts')).toEqual([['7']])
  })

  it('is gone with its folder when it is stopped, killed or paused', async () => {
    const [server, killed] = [await start(), await start()]
    await server.pause()
    await killed.kill()
    for (const one of [server, killed]) {
      await one.stop()
      await one.stop()
      expect([isGone(one.pid), existsSync(one.folder)]).toEqual([true, false])
      await expect(connect(one.url)).rejects.toThrow('ECONNREFUSED')
    }
  })

  it('takes another port when somebody was faster', async () => {
    const somebody = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void somebody.close())
    await once(somebody, 'listening')
    const address = somebody.address()
    const taken = typeof address === 'object' ? (address?.port ?? 0) : 0
    given.push(taken)
    const server = await stopping(start())
    expect([given, server.port === taken]).toEqual([[], false])
    expect(await (await connect(server.url)).query('SELECT 1')).toEqual([['1']])
  })

  it('takes settings, and says what is wrong with them', async () => {
    const server = await stopping(start({ settings: { max_connections: '37' } }))
    expect((await (await connect(server.url)).query(settings.query)).flat()).toEqual(settings.fast)
    await expect(start({ settings: { no_such_setting: '1' } })).rejects.toThrow('no_such_setting')
  })
}

/** Whether a server ends with who started it, though that was killed and it stands still. */
async function endsWithItsParent(order: string): Promise<void> {
  const parent = await startProcess(new URL('child.ts', import.meta.url))
  onTestFinished(async () => void (await parent.kill()))
  parent.send([order])
  const { pid, folder } = (await parent.next(30_000)) as { pid: number; folder: string }
  const processes = [pid, ...childrenOf(pid)]
  expect([processes.filter(isGone), existsSync(folder)]).toEqual([[], true])
  await parent.kill()
  await until('all to be gone', () => processes.every(isGone) && !existsSync(folder))
}

describeNeeding('postgres-server', 'a PostgreSQL server of our own', () => {
  serverSuite(postgres)

  it('does not outlive who started it', () => endsWithItsParent('start-paused-postgres'))

  it('leaves no shared memory behind when it is stopped', async () => {
    const server = await stopping(startPostgres())
    const id = () => /^ *\d+ +(\d+) *$/m.exec(readFileSync(join(server.folder, 'data/postmaster.pid'), 'utf8'))?.[1] ?? ''
    const ids = () =>
      readFileSync('/proc/sysvipc/shm', 'utf8')
        .split('\n')
        .map((line) => line.trim().split(/\s+/)[1])
    const first = id()
    expect(ids()).toContain(first)
    await server.kill()
    await server.restart()
    const second = id()
    expect(ids()).toContain(second)
    await server.stop()
    expect(ids().filter((one) => one === first || one === second)).toEqual([])
  })
})

describeNeeding('postgres-server', 'a PostgreSQL 18 server of our own', () => {
  it('is of that version, and is killed and paused like the other', async () => {
    const server = await stopping(startPostgres({ version: 18, durable: true }))
    const connection = await connectPostgres(server.url)
    expect(await connection.query('SHOW server_version_num')).toEqual([[expect.stringMatching(/^18/)]])
    expect((await connection.query(postgres.settings.query)).flat()).toEqual(postgres.settings.durable)
    await connection.query('CREATE TABLE counts AS SELECT 7 AS count')
    const processes = [server.pid, ...childrenOf(server.pid)]
    await server.kill()
    expect(processes.filter((pid) => !isGone(pid))).toEqual([])
    await server.restart()
    const again = await connectPostgres(server.url)
    await server.pause()
    expect(childrenOf(server.pid).map(isStopped)).not.toContain(false)
    server.resume()
    expect(await again.query('SELECT count FROM counts')).toEqual([['7']])
  })
})

describeNeeding('mariadb-server', 'a MariaDB server of our own', () => {
  serverSuite(mariaDb)

  it('does not outlive who started it', () => endsWithItsParent('start-paused-mariadb'))
})

describeNeeding('postgres', 'postgresForTests', () => {
  it('gives a server that answers', async () => {
    const server = await postgresForTests()
    onTestFinished(() => server.stop())
    expect(await (await connectPostgres(server.url)).query('SELECT 1')).toEqual([['1']])
  })

  it('gives the one that is named', async () => {
    vi.stubEnv('HOLDFAST_TEST_POSTGRES', 'postgres://postgres.example:7000/test')
    onTestFinished(() => void vi.unstubAllEnvs())
    expect((await postgresForTests()).url).toBe('postgres://postgres.example:7000/test')
  })
})

describeNeeding('mariadb', 'mariaDbForTests', () => {
  it('gives a server that answers', async () => {
    const server = await mariaDbForTests()
    onTestFinished(() => server.stop())
    expect(await (await connectMariaDb(server.url)).query('SELECT 1')).toEqual([['1']])
  })

  it('gives the one that is named', async () => {
    vi.stubEnv('HOLDFAST_TEST_MARIADB', 'mysql://mariadb.example:7000/test')
    onTestFinished(() => void vi.unstubAllEnvs())
    expect((await mariaDbForTests()).url).toBe('mysql://mariadb.example:7000/test')
  })
})

describeNeeding('pgbouncer', 'a PgBouncer of our own', () => {
  it('gives many clients the few connections that it has, and only from BEGIN to COMMIT', async () => {
    const bouncer = await stopping(startPgBouncer(await stopping(startPostgres()), { poolSize: 2 }))
    const clients = await Promise.all(Array.from({ length: 10 }, () => connectPostgres(bouncer.url)))
    const answers = await Promise.all(clients.map((client) => client.query('SELECT pg_backend_pid()')))
    expect(new Set(answers.map(String)).size).toBeLessThanOrEqual(2)
    const [first, second, third] = clients
    await Promise.all([first?.query('BEGIN'), second?.query('BEGIN')])
    const waiting = third?.query('SELECT pg_backend_pid()')
    const owner = String(await first?.query('SELECT pg_backend_pid()'))
    await first?.query('COMMIT')
    expect(String(await waiting)).toBe(owner)
  })

  it('finds the server again after that was killed, and comes back when it was killed itself', async () => {
    const server = await stopping(startPostgres())
    const bouncer = await stopping(startPgBouncer(server))
    const ask = async () => (await connectPostgres(bouncer.url)).query('SELECT 1')
    expect(await ask()).toEqual([['1']])
    await server.kill()
    await server.restart()
    expect(await until('an answer', ask)).toEqual([['1']])
    await bouncer.kill()
    await expect(ask()).rejects.toThrow('ECONNREFUSED')
    await bouncer.restart()
    expect(await ask()).toEqual([['1']])
    await bouncer.stop()
    expect([isGone(bouncer.pid), existsSync(bouncer.folder)]).toEqual([true, false])
  })
})
