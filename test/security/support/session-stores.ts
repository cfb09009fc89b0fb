import mysql from 'mysql2/promise'
import { createClient } from 'redis'
import { onTestFinished } from 'vitest'
import { DatabaseDriver } from '../../../src/drivers/database/database-driver.ts'
import { RedisDriver } from '../../../src/drivers/redis/redis-driver.ts'
import { testClock } from '../../../src/testing/test-clock.ts'
import type { MovedStore } from '../../support/moved-stores.ts'

const DAY_MS = 86_400_000
const NO_SUCH_SCRIPT = '0'.repeat(40)
const REDIS_TIME = "redis.call('TIME')"

let stores = 0

/** A store on MariaDB whose clock a test moves. */
export async function openMovedMariaDb(url: string): Promise<MovedStore> {
  const { now, advance } = testClock()
  // One connection: what it is asked is answered in that order, and the clock of the connection is the store's.
  const pool = mysql.createPool({ uri: url, connectionLimit: 1 })
  const moves: Promise<unknown>[] = []
  const tell = (): void => void moves.push(pool.query(`SET timestamp = ${now() / 1000 + 0.0001}`))
  tell()
  const table = `security_${process.pid}_${(stores += 1)}`
  const driver = new DatabaseDriver({ client: pool, table })
  await driver.migrate()
  await driver.open()
  onTestFinished(async () => {
    await Promise.all(moves)
    await driver.close()
    await pool.query(`DROP TABLE ${table}`)
    await pool.end()
  })
  return {
    driver,
    clock: {
      now,
      advance: (ms) => {
        advance(ms)
        tell()
      },
    },
  }
}

/**
 * A store on Redis whose clock a test moves: the driver's scripts are told the test's time where they ask for the server's. That time is ahead of the
 * server, so that the server itself has removed nothing yet of what is refused.
 */
export async function openMovedRedis(url: string): Promise<MovedStore> {
  const clock = testClock(Date.now() + DAY_MS)
  const client = createClient({ url })
  client.on('error', () => undefined)
  const send = client.sendCommand.bind(client)
  client.sendCommand = (command, options) => {
    const [name, script, ...rest] = command
    if (name === 'EVALSHA') return send([name, NO_SUCH_SCRIPT, ...rest], options)
    if (name !== 'EVAL') return send(command, options)
    return send([name, String(script).replaceAll(REDIS_TIME, luaTime(clock.now())), ...rest], options)
  }
  await client.connect()
  const driver = new RedisDriver({ client, prefix: `security:${(stores += 1)}:` })
  await driver.open()
  onTestFinished(async () => {
    await driver.close()
    client.destroy()
  })
  return { driver, clock }
}

/** An instant as `TIME` answers it. */
function luaTime(unixMs: number): string {
  return `{'${Math.floor(unixMs / 1000)}', '${(unixMs % 1000) * 1000}'}`
}
