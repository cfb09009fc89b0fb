import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RedisStore } from 'connect-redis'
import pg from 'pg'
import { afterAll, beforeAll, describe } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { postgresForTests } from '../support/postgres-server.ts'
import { newPrefix, openPlace } from '../support/redis-plain.ts'
import type { Place } from '../support/redis-plain.ts'
import type { ServerForTests } from '../support/redis-server.ts'
import { connectPgSimple, expressSession, fileStoreIn } from './old-library.ts'
import { replacingTests } from './replacing.ts'

describe('from the memory of express-session', () => {
  replacingTests(async () => new expressSession.MemoryStore())
})

describe('from session-file-store', () => {
  const folders: string[] = []
  afterAll(() => {
    for (const path of folders) rmSync(path, { recursive: true, force: true })
  })
  replacingTests(async () => {
    const path = mkdtempSync(join(tmpdir(), 'holdfast-move-in-'))
    folders.push(path)
    return fileStoreIn(path)
  })
})

describeNeeding('redis-server', 'from connect-redis', () => {
  const prefix = newPrefix()
  let place: Place
  beforeAll(async () => {
    place = await openPlace(prefix)
  })
  afterAll(() => place.close())
  replacingTests(async () => new RedisStore({ client: place.plain, prefix }))
})

describeNeeding('postgres-server', 'from connect-pg-simple', () => {
  const tableName = `move_in_${process.pid}`
  let server: ServerForTests
  let pool: pg.Pool
  beforeAll(async () => {
    server = await postgresForTests()
    pool = new pg.Pool({ connectionString: server.url })
  })
  afterAll(async () => {
    await pool.query(`DROP TABLE IF EXISTS ${tableName}`)
    await pool.end()
    await server.stop()
  })
  replacingTests(async () => {
    const PgStore = connectPgSimple(expressSession)
    return new PgStore({ pool, tableName, createTableIfMissing: true, pruneSessionInterval: false })
  })
})
