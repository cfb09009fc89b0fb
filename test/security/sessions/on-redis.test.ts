import { afterAll, beforeAll } from 'vitest'
import { describeNeeding } from '../../support/needs.ts'
import { startRedis } from '../../support/redis-server.ts'
import type { RedisServer } from '../../support/redis-server.ts'
import { openMovedRedis } from '../support/session-stores.ts'
import { sessionSuites } from './suites.ts'

describeNeeding('redis-server', 'on a server of its own', () => {
  let server: RedisServer

  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  sessionSuites('Redis', () => openMovedRedis(server.url))
})
