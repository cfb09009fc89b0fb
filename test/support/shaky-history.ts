import type { CommitResult, Lease, RecordWrite, StoredRecord } from '../../src/contracts/driver.ts'
import { isSessionError } from '../../src/session/errors.ts'
import { type StoreKey, asStoreKey } from '../../src/session/id.ts'
import { type Protocol, ShakyDriver } from './shaky-driver.ts'
import { randomFrom } from './shaky-line.ts'
import { ShakyNet, settledDown } from './shaky-net.ts'
import { type Content, Violation, WatchedStore, contentOf } from './watched-store.ts'

const LEASE_MS = 10_000
const LONG = 3_600_000
const USER = 'ada'

export type Kind = 'exclusive' | 'merge' | 'rotate' | 'logout' | 'revoke' | 'create' | 'read'

export interface HistoryOptions {
  readonly seed: number
  readonly kinds: readonly Kind[]
  readonly requests: number
  readonly faults: number
  readonly protocol?: Partial<Protocol> | undefined
  readonly clientResends?: boolean | undefined
}

interface Opened {
  readonly key: StoreKey
  readonly record: StoredRecord
  readonly content: Content
}

/** One random history: requests of two processes on one store over a bad line, and what must hold whatever happens. */
export class History {
  readonly #options: HistoryOptions
  readonly #random: () => number
  readonly #store = new WatchedStore()
  readonly #net: ShakyNet
  readonly #drivers: readonly ShakyDriver[]
  /** Keys that a browser was given. */
  readonly #issued: StoreKey[] = []
  readonly #successors = new Map<string, StoreKey>()
  readonly #acked: { readonly op: string; readonly sid: string }[] = []
  readonly #sids: string[] = []
  /** Sessions that somebody has begun to end, and those whose end was acknowledged. */
  readonly #ending = new Set<string>()
  readonly #ended = new Set<string>()
  readonly #broken: unknown[] = []
  /** Revocations that run, or crashed: they may end what is made meanwhile. */
  #revoking = 0
  #serial = 0
  #arrived = 0

  constructor(options: HistoryOptions) {
    this.#options = options
    this.#random = randomFrom(options.seed)
    const { faults, clientResends = false, protocol = {} } = options
    this.#net = new ShakyNet(this.#store, { random: this.#random, faults, clientResends })
    this.#drivers = [0, 1].map((process) => new ShakyDriver({ store: this.#store, line: this.#net.line(process), protocol }))
  }

  get trace(): readonly string[] {
    return this.#net.trace
  }

  /** Plays it to its end: what was broken, or `undefined`. */
  async play(): Promise<string | undefined> {
    const key = this.#newKey()
    this.#store.insert(key, this.#write({ sid: this.#newSid(), ops: [] }))
    this.#issued.push(key)
    const arrival = [1, () => this.#arrive()] as const
    try {
      while (this.#broken.length === 0 && this.#net.step(this.#arrived < this.#options.requests ? [arrival] : [])) await settledDown()
      if (this.#broken.length > 0) throw this.#broken[0]
      this.#checkEnd()
      return undefined
    } catch (error) {
      if (error instanceof Violation) return error.message
      throw error
    }
  }

  #arrive(): void {
    const { kinds } = this.#options
    const kind = kinds[Math.floor(this.#random() * kinds.length)] ?? 'read'
    const driver = this.#drivers[this.#random() < 0.5 ? 0 : 1]
    const key = this.#random() < 0.7 ? this.#issued.at(-1) : this.#issued[Math.floor(this.#random() * this.#issued.length)]
    if (driver === undefined || key === undefined) throw new Error('nobody is there')
    this.#arrived += 1
    const op = `r${this.#arrived}`
    this.#net.trace.push(`${op} comes: ${kind}`)
    // A request that fails is a request that was told so: nothing is claimed.
    this.#request(driver, kind, key, op, new Set(this.#ended)).catch((error: unknown) => {
      if (!isSessionError(error)) this.#broken.push(error)
    })
  }

  #request(driver: ShakyDriver, kind: Kind, key: StoreKey, op: string, ended: ReadonlySet<string>): Promise<void> {
    switch (kind) {
      case 'exclusive':
      case 'rotate':
        return this.#locked(driver, kind, key, op, ended)
      case 'merge':
        return this.#merge(driver, key, op, ended)
      case 'logout':
        return this.#logout(driver, key, ended)
      case 'revoke':
        return this.#revoke(driver)
      case 'create':
        return this.#create(driver, op)
      case 'read':
        return this.#find(driver, key, ended).then(() => undefined)
    }
  }

  async #locked(driver: ShakyDriver, kind: 'exclusive' | 'rotate', from: StoreKey, op: string, ended: ReadonlySet<string>): Promise<void> {
    let key: StoreKey | undefined = from
    const token = this.#fresh()
    for (let tries = 0; key !== undefined && tries < 12; tries++) {
      const acquired = await driver
        .acquire(key, { token, leaseMs: LEASE_MS })
        .catch((error: unknown) => this.#giveBack(driver, key, token, error))
      if (acquired.kind === 'absent') return
      if (acquired.kind === 'busy') await this.#net.sleep()
      if (acquired.kind === 'held') return this.#writeLocked(driver, kind, acquired.lease, this.#open(key, acquired.record, ended), op)
      if (acquired.kind === 'marker') key = this.#successors.get(`${key} ${acquired.marker.salt}`)
    }
  }

  async #writeLocked(
    driver: ShakyDriver,
    kind: 'exclusive' | 'rotate',
    lease: Lease,
    { key, content, record }: Opened,
    op: string,
  ): Promise<void> {
    const next = this.#write({ ...content, ops: [...content.ops, op] }, record)
    let to = key
    let write = (): Promise<CommitResult> => driver.commit(lease, next, { leaseMs: LEASE_MS })
    if (kind === 'rotate') {
      const salt = this.#fresh()
      to = this.#newKey()
      this.#successors.set(`${key} ${salt}`, to)
      const marker = { reason: 'rotation', salt, minimumMs: LONG, maximumMs: LONG, writeToken: this.#fresh() } as const
      write = () => driver.replace(lease, to, next, marker, { leaseMs: LEASE_MS })
    }
    const result = await write().catch((error: unknown) => this.#giveBack(driver, key, lease.token, error))
    if (result.kind !== 'written') return
    this.#acked.push({ op, sid: content.sid })
    if (to !== key) this.#issued.push(to)
  }

  async #merge(driver: ShakyDriver, from: StoreKey, op: string, ended: ReadonlySet<string>): Promise<void> {
    for (let tries = 0; tries < 8; tries++) {
      const opened = await this.#find(driver, from, ended)
      if (opened === undefined) return
      const { key, record, content } = opened
      const result = await driver.update(key, this.#write({ ...content, ops: [...content.ops, op] }, record), record.version)
      if (result.kind === 'written') return void this.#acked.push({ op, sid: content.sid })
      if (result.kind === 'gone') return
      if (result.kind === 'busy') await this.#net.sleep()
    }
  }

  async #logout(driver: ShakyDriver, from: StoreKey, ended: ReadonlySet<string>): Promise<void> {
    const opened = await this.#find(driver, from, ended)
    if (opened === undefined) return
    const { sid } = opened.content
    this.#ending.add(sid)
    for (let key: StoreKey | undefined = opened.key; key !== undefined;) {
      const destroyed = await driver.destroy(key)
      if (destroyed.kind === 'record') this.#ended.add(sid)
      key = destroyed.kind === 'marker' ? this.#successors.get(`${key} ${destroyed.marker.salt}`) : undefined
    }
  }

  async #revoke(driver: ShakyDriver): Promise<void> {
    const theirs = this.#acked.map(({ sid }) => sid).concat(this.#sids[0] ?? [])
    for (const sid of this.#sids) this.#ending.add(sid)
    this.#revoking += 1
    await driver.revokeUser(USER).finally(() => (this.#revoking -= 1))
    for (const sid of theirs) this.#ended.add(sid)
  }

  /** A login without a session before it. A key whose insert had no answer is never used again. */
  async #create(driver: ShakyDriver, op: string): Promise<void> {
    const sid = this.#newSid()
    for (let tries = 0; tries < 3; tries++) {
      const key = this.#newKey()
      const inserted = await driver.insert(key, this.#write({ sid, ops: [op] })).catch((error: unknown) => {
        if (!isSessionError(error) || error.code === 'ERR_SESSION_GONE') throw error
      })
      if (inserted === undefined) continue
      this.#acked.push({ op, sid })
      return void this.#issued.push(key)
    }
  }

  async #find(driver: ShakyDriver, from: StoreKey, ended: ReadonlySet<string>): Promise<Opened | undefined> {
    for (let key: StoreKey | undefined = from; key !== undefined;) {
      const found = await driver.read(key)
      if (found?.kind === 'record') return this.#open(key, found.record, ended)
      key = found === undefined ? undefined : this.#successors.get(`${key} ${found.marker.salt}`)
    }
    return undefined
  }

  #open(key: StoreKey, record: StoredRecord, ended: ReadonlySet<string>): Opened {
    const content = contentOf(record)
    if (ended.has(content.sid)) throw new Violation(`${content.sid} was served after its end was acknowledged`)
    return { key, record, content }
  }

  async #giveBack(driver: ShakyDriver, key: StoreKey | undefined, token: string, error: unknown): Promise<never> {
    if (key !== undefined) driver.unlock({ key, token }).catch(() => undefined)
    throw error
  }

  #checkEnd(): void {
    const alive = new Map<StoreKey, Content>()
    for (const issued of this.#issued) {
      let key: StoreKey | undefined = issued
      for (let row = this.#store.rows.get(key); row?.marker !== undefined; row = key && this.#store.rows.get(key)) {
        key = this.#successors.get(`${key} ${row.marker.salt}`)
      }
      const record = key && this.#store.rows.get(key)?.record
      if (key !== undefined && record !== undefined) alive.set(key, contentOf(record))
    }
    for (const { sid } of alive.values()) if (this.#ended.has(sid)) throw new Violation(`${sid} is there after its end was acknowledged`)
    for (const { op, sid } of this.#acked) {
      if (this.#ending.has(sid)) continue
      const found = [...alive.values()].filter((content) => content.sid === sid)
      if (found.length > 1) throw new Violation(`${sid} has two successors`)
      if (!found[0]?.ops.includes(op)) throw new Violation(`the write of ${op} was acknowledged and is not in ${sid}`)
    }
  }

  #write(content: Content, from?: StoredRecord): RecordWrite {
    return {
      payload: JSON.stringify(content),
      flash: '',
      handle: from?.handle ?? this.#fresh(),
      createdAt: from?.createdAt ?? 'now',
      authenticatedAt: undefined,
      regeneratedAt: undefined,
      userId: USER,
      ipAddress: undefined,
      userAgent: undefined,
      durations: { idleMs: 24 * LONG, absoluteMs: undefined },
      writeToken: this.#fresh(),
    }
  }

  #fresh(): string {
    this.#serial += 1
    return `t${this.#serial}`
  }

  #newSid(): string {
    const sid = `s${this.#sids.length}`
    this.#sids.push(sid)
    if (this.#revoking > 0) this.#ending.add(sid)
    return sid
  }

  #newKey(): StoreKey {
    this.#serial += 1
    const key = asStoreKey(this.#serial.toString(16).padStart(40, '0'))
    if (key === undefined) throw new Error('a key has 40 hex digits')
    return key
  }
}
