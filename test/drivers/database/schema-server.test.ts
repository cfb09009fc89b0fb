import mysql from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Family, Row } from '../../../src/drivers/database/bridges/bridge.ts'
import { DatabaseDriver } from '../../../src/drivers/database/database-driver.ts'
import { checkTable } from '../../../src/drivers/database/schema/check.ts'
import { migrate } from '../../../src/drivers/database/schema/migrate.ts'
import { dialectOf } from '../../../src/drivers/database/schema/server.ts'
import { startMariaDb } from '../../support/mariadb-server.ts'
import { describeNeeding } from '../../support/needs.ts'
import { startPostgres } from '../../support/postgres-server.ts'
import type { SqlServer } from '../../support/sql-server.ts'
import { mariaDbAt, newTable, postgresAt, sqliteAt, type TestDatabase } from './schema-databases.ts'

const POSTGRES = { version: '12.0', recovering: 0, read_only: 'off', encoding: 'UTF8' }
const MYSQL = { version: '8.0.19', autocommit: 1, mode: 'STRICT_TRANS_TABLES', sent: 'utf8mb4', received: 'utf8mb4' }

const told = (family: Family, row: Row): Promise<string> => dialectOf(family, () => Promise.resolve([row]))

describe('the check of the server', () => {
  it('tells MariaDB from MySQL', async () => {
    expect(await told('mysql', MYSQL)).toBe('mysql')
    expect(await told('mysql', { ...MYSQL, version: '8.4.0-commercial' })).toBe('mysql')
    expect(await told('mysql', { ...MYSQL, version: '10.5.1-MariaDB-log' })).toBe('mariadb')
    expect(await told('mysql', { ...MYSQL, version: '5.5.5-10.11.2-MariaDB' })).toBe('mariadb')
    expect(await told('mysql', { ...MYSQL, version: '11.8.3-MariaDB', autocommit: '1' })).toBe('mariadb')
  })

  it('refuses what is too old, and names the least version', async () => {
    await expect(told('mysql', { ...MYSQL, version: '8.0.18' })).rejects.toThrow('The server is MySQL 8.0.18; at least 8.0.19 is needed.')
    await expect(told('mysql', { ...MYSQL, version: '5.7.44' })).rejects.toThrow('at least 8.0.19')
    await expect(told('mysql', { ...MYSQL, version: '5.5.5-10.4.34-MariaDB' })).rejects.toThrow(
      'The server is MariaDB 10.4.34-MariaDB; at least 10.5',
    )
    await expect(told('postgres', { ...POSTGRES, version: '11.22 (Debian 11.22-1)' })).rejects.toThrow('at least 12 is needed')
    await expect(told('sqlite', { version: '3.34.1' })).rejects.toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED' })
  })

  it('takes what is new enough', async () => {
    expect(await told('postgres', POSTGRES)).toBe('postgres')
    expect(await told('postgres', { ...POSTGRES, version: '18beta1' })).toBe('postgres')
    expect(await told('sqlite', { version: '3.35.0' })).toBe('sqlite')
    expect(await told('sqlite', { version: '4.0' })).toBe('sqlite')
    const database = sqliteAt()
    expect(await dialectOf('sqlite', database.run)).toBe('sqlite')
    await database.end()
  })

  it('refuses a replica, and a database that lacks most characters', async () => {
    await expect(told('postgres', { ...POSTGRES, recovering: '1' })).rejects.toThrow('The server is a read-only replica')
    await expect(told('postgres', { ...POSTGRES, encoding: 'LATIN1' })).rejects.toThrow('encoded as LATIN1')
  })

  it('lets a SQLite pass that does not tell its version, and none that does not answer', async () => {
    const silent = (text: string): Promise<readonly Row[]> =>
      text.includes('version')
        ? Promise.reject(new Error('not authorized to use function: sqlite_version'))
        : Promise.resolve([{ answer: 1 }])
    expect(await dialectOf('sqlite', silent)).toBe('sqlite')
    await expect(dialectOf('sqlite', () => Promise.reject(new Error('no file')))).rejects.toThrow('no file')
  })
})

describeNeeding('postgres-server', 'the check of a PostgreSQL server', () => {
  let server: SqlServer
  let database: TestDatabase
  beforeAll(async () => {
    server = await startPostgres()
    database = await postgresAt(server.url)
  })
  afterAll(async () => {
    await database.end()
    await server.stop()
  })

  it('refuses transactions that are read-only', async () => {
    const { run } = database
    expect(await dialectOf('postgres', run)).toBe('postgres')
    await run('SET default_transaction_read_only = on')
    await expect(dialectOf('postgres', run)).rejects.toThrow('Transactions are read-only here')
    await run('RESET default_transaction_read_only')
  })
})

describeNeeding('mariadb-server', 'the check of a MariaDB server', () => {
  let server: SqlServer
  let database: TestDatabase
  beforeAll(async () => {
    server = await startMariaDb()
    database = await mariaDbAt(server.url)
  })
  afterAll(async () => {
    await database.end()
    await server.stop()
  })

  it('refuses settings under which nothing is kept, or statements mean something else', async () => {
    const { run } = database
    expect(await dialectOf('mysql', run)).toBe('mariadb')
    await run('SET autocommit = 0')
    await expect(dialectOf('mysql', run)).rejects.toThrow('autocommit is off')
    await run('SET autocommit = 1')
    await run("SET sql_mode = 'NO_ENGINE_SUBSTITUTION'")
    await expect(dialectOf('mysql', run)).rejects.toThrow('texts that are too long would be cut silently')
    await run("SET sql_mode = 'STRICT_ALL_TABLES,SIMULTANEOUS_ASSIGNMENT'")
    await expect(dialectOf('mysql', run)).rejects.toThrow('sql_mode has SIMULTANEOUS_ASSIGNMENT')
    await run("SET sql_mode = 'STRICT_ALL_TABLES,EMPTY_STRING_IS_NULL'")
    await expect(dialectOf('mysql', run)).rejects.toThrow('sql_mode has EMPTY_STRING_IS_NULL')
    await run("SET sql_mode = 'STRICT_ALL_TABLES,ANSI_QUOTES'")
    await run("SET NAMES 'latin1'")
    await expect(dialectOf('mysql', run)).rejects.toThrow('The client talks to the database in latin1')
    await run("SET NAMES 'utf8mb4'")
    expect(await dialectOf('mysql', run)).toBe('mariadb')
  })

  it('makes the table under ANSI_QUOTES too', async () => {
    const table = newTable()
    await database.run("SET sql_mode = 'STRICT_TRANS_TABLES,ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT'")
    await migrate(database.run, 'mariadb', table)
    await checkTable(database.run, 'mariadb', table)
    await database.run('SET sql_mode = DEFAULT')
  })

  it('says that the server is read-only for a user, and lets one pass for whom it is not', async () => {
    const root = await mariaDbAt(server.url.replace('holdfast:holdfast', 'root'))
    const { run } = root
    const table = newTable()
    await migrate(run, 'mariadb', table)
    await run("CREATE USER plain@'%' IDENTIFIED BY 'plain'")
    await run("GRANT ALL ON holdfast.* TO plain@'%'")
    const plain = await mariaDbAt(server.url.replace('holdfast:holdfast', 'plain:plain'))
    await checkTable(plain.run, 'mariadb', table)
    await run('SET GLOBAL read_only = 1')
    await expect(checkTable(plain.run, 'mariadb', table)).rejects.toThrow('read-only')
    await checkTable(run, 'mariadb', table)
    await run('SET GLOBAL read_only = 0')
    await plain.end()
    await root.end()
  })

  it('says that the server is read-only where the table is to be made, and does not wait for hours', async () => {
    await database.run("CREATE USER reader@'%' IDENTIFIED BY 'reader'")
    await database.run("GRANT ALL ON holdfast.* TO reader@'%'")
    await database.run('SET GLOBAL read_only = 1')
    const client = mysql.createPool(server.url.replace('holdfast:holdfast', 'reader:reader'))
    const driver = new DatabaseDriver({ client, table: 'never_made', statementTimeoutSeconds: 0.4 })
    await expect(driver.migrate()).rejects.toThrow(/The database takes no writes now.*read-only/)
    await database.run('SET GLOBAL read_only = 0')
    await client.end()
  })
})
