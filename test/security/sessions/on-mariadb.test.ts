import { afterAll, beforeAll } from 'vitest'
import { mariaDbForTests } from '../../support/mariadb-server.ts'
import { describeNeeding } from '../../support/needs.ts'
import type { ServerForTests } from '../../support/sql-server.ts'
import { openMovedMariaDb } from '../support/session-stores.ts'
import { sessionSuites } from './suites.ts'

describeNeeding('mariadb', 'on a server', () => {
  let server: ServerForTests

  beforeAll(async () => {
    server = await mariaDbForTests()
  })
  afterAll(() => server.stop())

  sessionSuites('MariaDB', () => openMovedMariaDb(server.url))
})
