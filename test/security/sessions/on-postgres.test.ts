import { afterAll, beforeAll } from 'vitest'
import { openMovedPostgres, prepareMovedPostgres } from '../../support/moved-postgres.ts'
import { describeNeeding } from '../../support/needs.ts'
import { startPostgres } from '../../support/postgres-server.ts'
import type { SqlServer } from '../../support/sql-server.ts'
import { sessionSuites } from './suites.ts'

describeNeeding('postgres-server', 'on a server of its own', () => {
  let server: SqlServer

  beforeAll(async () => {
    server = await startPostgres()
    await prepareMovedPostgres(server.url)
  })
  afterAll(() => server.stop())

  sessionSuites('PostgreSQL', () => openMovedPostgres(server.url))
})
