import { createHash } from 'node:crypto'
import { createPool } from 'mysql2/promise'
import { Pool } from 'pg'
import type { RecordWrite } from '../../src/contracts/driver.ts'
import { DatabaseDriver } from '../../src/drivers/database/database-driver.ts'
import { NativeSerializer } from '../../src/serializers/native.ts'
import type { StoreKey } from '../../src/session/id.ts'
import { randomHex } from '../../src/session/random.ts'
import { HOUR_MS, keyFrom, recordWith } from '../file/support.ts'
import { ordinaryData } from '../servers/counter-app.ts'
import type { ManyTable } from './many-rows.ts'

/** A driver over a pool of its own. */
export interface OwnPool {
  readonly driver: DatabaseDriver
  readonly ask: (sql: string) => Promise<unknown>
  readonly end: () => Promise<void>
}

/** @param connections Default: the pool's own, ten. */
export function poolOn({ kind, url, table }: ManyTable, connections = 10): OwnPool {
  if (kind === 'postgres') {
    const pool = new Pool({ connectionString: url, max: connections })
    return { driver: new DatabaseDriver({ client: pool, table }), ask: (sql) => pool.query(sql), end: () => pool.end() }
  }
  const pool = createPool({ uri: url, connectionLimit: connections })
  return { driver: new DatabaseDriver({ client: pool, table }), ask: (sql) => pool.query(sql), end: () => pool.end() }
}

/** The same for a number each time, and the same that the servers make of it: nobody need keep a million. */
export function keyAt(index: number): StoreKey {
  return keyFrom(createHash('sha256').update(`session ${index}`).digest('hex'))
}

/** A session as a manager stores it for a browser: the ordinary 300 bytes, and who asked for it. */
export function templateRecord(): RecordWrite {
  const serializer = new NativeSerializer()
  const key = keyAt(0)
  const payload = serializer.prepare({ ...ordinaryData, count: 1, _token: randomHex(20) }, { key, field: 'payload' })
  const flash = serializer.prepare({}, { key, field: 'flash' })
  if (payload === undefined || flash === undefined) throw new TypeError('nothing to store')
  // The manager's handle has 12 bytes.
  const durations = { idleMs: 24 * HOUR_MS, absoluteMs: undefined }
  return recordWith(payload, { flash, handle: randomHex(12), userId: 'user 0', durations })
}
