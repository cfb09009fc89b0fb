import mysql from 'mysql2/promise'
import pg from 'pg'
import { createClient } from 'redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ListingDriver, LockingDriver, RewritingDriver } from '../../../src/contracts/driver.ts'
import { DatabaseDriver } from '../../../src/drivers/database/database-driver.ts'
import { RedisDriver } from '../../../src/drivers/redis/redis-driver.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { idIn, visit } from '../../manager/support/shop.ts'
import { startMariaDb } from '../../support/mariadb-server.ts'
import { describeNeeding } from '../../support/needs.ts'
import { everyPage } from '../../support/owners-shop.ts'
import { postgresForTests } from '../../support/postgres-server.ts'
import { newPrefix, plainClient, removeUnder } from '../../support/redis-plain.ts'
import { redisForTests } from '../../support/redis-server.ts'
import { sealing } from '../../support/sealed-rings.ts'

/** All that an application has a store do: logins, changes, new ids, lists, revocations, a change of keys, a collection. */
async function live(driver: LockingDriver & ListingDriver & RewritingDriver): Promise<void> {
  const troubles: unknown[] = []
  const sessions = new SessionManager({ driver, serializer: sealing('old'), collectEverySeconds: 0 })
  sessions.on('trouble', (event) => void troubles.push(event))
  await sessions.ready()
  const login = await visit(sessions)
  login.session.setUserId('ada')
  login.session.set('n', 0)
  let id = idIn((await login.commit()).setCookie) ?? ''
  for (const options of [{}, { destroy: true }]) {
    const open = await visit(sessions, id)
    open.session.increment('n')
    await open.session.regenerate(options)
    id = idIn((await open.commit()).setCookie) ?? ''
  }
  expect(await sessions.run(id, (session) => session.increment('n'))).toBe(3)
  expect(await sessions.run(id, (session) => session.get('n'), { concurrency: 'readonly' })).toBe(3)
  expect((await sessions.list({ userId: 'ada' })).sessions).toHaveLength(1)
  expect((await everyPage(sessions)).flat().length).toBeGreaterThan(0)
  const turned = new SessionManager({ driver, serializer: sealing('activated'), collectEverySeconds: 0 })
  expect((await turned.reseal()).resealed).toBe(1)
  const [bystander, gone] = [await visit(sessions), await visit(sessions)]
  for (const open of [bystander, gone]) {
    open.session.set('n', 1)
    open.session.setUserId('ada')
    await open.commit()
  }
  expect(await sessions.revokeUser('ada')).toBe(3)
  await sessions.collect()
  await driver.gc()
  await sessions.close()
  expect(troubles).toEqual([])
}

describeNeeding('postgres', 'a role of PostgreSQL', () => {
  const role = `holdfast_web_${process.pid}`
  const table = `rights_${process.pid}`
  let server: Awaited<ReturnType<typeof postgresForTests>>
  let admin: pg.Pool

  beforeAll(async () => {
    server = await postgresForTests()
    admin = new pg.Pool({ connectionString: server.url, max: 1 })
  })
  afterAll(async () => {
    await admin.query(`DROP TABLE IF EXISTS ${table}`)
    await admin.query(`DROP ROLE IF EXISTS ${role}`)
    await admin.end()
    await server.stop()
  })

  it('ASVS-13.2.2 with no more than the documented rights on PostgreSQL serves sessions', async () => {
    await new DatabaseDriver({ client: admin, table }).migrate()
    await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'of-a-test'`)
    await admin.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${role}`)
    const url = new URL(server.url)
    url.username = role
    url.password = 'of-a-test'
    const client = new pg.Pool({ connectionString: url.href, max: 3 })
    try {
      await live(new DatabaseDriver({ client, table }))
      await expect(client.query(`DROP TABLE ${table}`)).rejects.toThrow('owner')
    } finally {
      await client.end()
    }
  })
})

describeNeeding('mariadb-server', 'a user of MariaDB', () => {
  const user = `web${process.pid}`
  const table = `rights_${process.pid}`
  let server: Awaited<ReturnType<typeof startMariaDb>>
  let admin: mysql.Pool

  beforeAll(async () => {
    server = await startMariaDb()
    admin = mysql.createPool({ uri: server.url, connectionLimit: 1 })
  })
  afterAll(async () => {
    await admin.query(`DROP TABLE IF EXISTS ${table}`)
    await admin.query(`DROP USER IF EXISTS ${user}@'%'`)
    await admin.end()
    await server.stop()
  })

  it('ASVS-13.2.2 with no more than the documented rights on MariaDB serves sessions', async () => {
    await new DatabaseDriver({ client: admin, table }).migrate()
    const url = new URL(server.url)
    await admin.query(`CREATE USER ${user}@'%' IDENTIFIED BY 'of-a-test'`)
    await admin.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${url.pathname.slice(1)}.${table} TO ${user}@'%'`)
    url.username = user
    url.password = 'of-a-test'
    const client = mysql.createPool({ uri: url.href, connectionLimit: 3 })
    try {
      await live(new DatabaseDriver({ client, table }))
      await expect(client.query(`DROP TABLE ${table}`)).rejects.toThrow('denied')
    } finally {
      await client.end()
    }
  })
})

describeNeeding('redis', 'a user of Redis', () => {
  it('ASVS-13.2.2 with no more than the documented rights on Redis serves sessions', async () => {
    const server = await redisForTests()
    const admin = await plainClient(server.url)
    const prefix = newPrefix()
    const user = `web-${process.pid}`
    const commands = 'evalsha eval info scan time get set getrange setrange pexpireat pexpire pttl del zadd zrem zrangebyscore'
    await admin.sendCommand([
      'ACL',
      'SETUSER',
      user,
      'on',
      '>of-a-test',
      `~${prefix}*`,
      'resetchannels',
      '-@all',
      ...commands.split(' ').map((command) => `+${command}`),
    ])
    const url = new URL(server.url)
    url.username = user
    url.password = 'of-a-test'
    const client = createClient({ url: url.href, disableClientInfo: true })
    client.on('error', () => undefined)
    try {
      await live(new RedisDriver({ client, prefix }))
      await expect(client.flushAll()).rejects.toThrow('NOPERM')
      await expect(client.get('of somebody else')).rejects.toThrow('NOPERM')
    } finally {
      client.destroy()
      await admin.sendCommand(['ACL', 'DELUSER', user])
      await removeUnder(admin, prefix)
      admin.destroy()
      await server.stop()
    }
  })
})
