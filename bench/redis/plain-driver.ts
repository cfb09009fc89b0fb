import { createClient } from 'redis'
import type { Destroyed, Found, RecordWrite, SessionDriver, UpdateResult, Version } from '../../src/contracts/driver.ts'
import { HEADER_BYTES, MAGIC, RECORD, decodeContent, recordBody } from '../../src/drivers/redis/layout.ts'
import type { StoreKey } from '../../src/session/id.ts'

const BULK_STRING = 36

/**
 * Reads by GET and writes by SET, and nothing more: no lock, no version that is looked at, no script, and the time of this process. What it
 * stores looks as what RedisDriver stores. For a bench, as the least that a driver can do: two writes at the same time lose one.
 */
export class PlainDriver implements SessionDriver {
  readonly name = 'plain'
  readonly expiresByItself = true
  readonly #client
  readonly #prefix: string

  constructor(url: string, prefix: string) {
    this.#client = createClient({ url })
    this.#prefix = prefix
  }

  async open(): Promise<void> {
    await this.#client.connect()
  }

  async close(): Promise<void> {
    this.#client.destroy()
  }

  async read(key: StoreKey): Promise<Found | undefined> {
    const value: unknown = await this.#client.sendCommand(['GET', this.#prefix + key], { typeMapping: { [BULK_STRING]: Buffer } })
    const content = Buffer.isBuffer(value) ? decodeContent(value) : undefined
    return content && { ...content, now: Date.now() }
  }

  async insert(key: StoreKey, record: RecordWrite): Promise<{ readonly version: Version; readonly expiresAt: number }> {
    return await this.#set(key, record, 1)
  }

  async update(key: StoreKey, record: RecordWrite, { counter }: Version): Promise<UpdateResult> {
    return { kind: 'written', ...(await this.#set(key, record, counter + 1)) }
  }

  async touch(): Promise<UpdateResult> {
    throw new Error('no measured request touches a session')
  }

  async destroy(key: StoreKey): Promise<Destroyed> {
    return { kind: (await this.#client.del(this.#prefix + key)) === 0 ? 'nothing' : 'record' }
  }

  async gc(): Promise<number> {
    return 0
  }

  async #set(key: StoreKey, record: RecordWrite, counter: number): Promise<{ readonly version: Version; readonly expiresAt: number }> {
    const now = Date.now()
    const expiresAt = now + record.durations.idleMs
    const value = valueOf(record, { counter, now, expiresAt })
    await this.#client.sendCommand(['SET', this.#prefix + key, value, 'PXAT', String(expiresAt)])
    return { version: { counter, writeToken: record.writeToken }, expiresAt }
  }
}

function valueOf(record: RecordWrite, { counter, now, expiresAt }: Readonly<Record<'counter' | 'now' | 'expiresAt', number>>): Buffer {
  const { bytes, aboutBytes } = recordBody(record)
  const value = Buffer.alloc(HEADER_BYTES + bytes.length)
  const instant = (at: number | 'now' | undefined): number => (at === 'now' ? now : (at ?? 0))
  value.write(MAGIC + RECORD, 'latin1')
  value.writeUIntBE(expiresAt, 26, 6)
  value.writeUIntBE(now, 32, 6)
  value.writeUInt32BE(counter, 38)
  value.writeUIntBE(aboutBytes, 42, 3)
  value.writeUIntBE(instant(record.createdAt), 45, 6)
  value.writeUIntBE(instant(record.authenticatedAt), 51, 6)
  value.writeUIntBE(instant(record.regeneratedAt), 57, 6)
  bytes.copy(value, HEADER_BYTES)
  return value
}
