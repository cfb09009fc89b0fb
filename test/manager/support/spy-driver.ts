import type {
  AcquireOptions,
  Acquired,
  CommitOptions,
  CommitResult,
  Destroyed,
  Durations,
  Found,
  GcOptions,
  Lease,
  LockingDriver,
  MarkerWrite,
  RecordWrite,
  UpdateResult,
  Version,
} from '../../../src/contracts/driver.ts'
import { SessionError } from '../../../src/session/errors.ts'
import type { StoreKey } from '../../../src/session/id.ts'

export type DriverMethod = Exclude<keyof LockingDriver, 'name' | 'expiresByItself' | 'boundsAnswers'>

export interface Call {
  readonly method: DriverMethod
  readonly key: StoreKey | undefined
  readonly args: readonly unknown[]
}

type Hook = (call: Call) => Promise<void> | void

/** What a test can do to one method of a driver. A hook that throws makes the call reject. */
interface Hooks {
  before: Hook[]
  after: Hook[]
}

/** A driver that tells what it was asked, and fails, loses answers or waits where a test wants it. */
export class SpyDriver implements LockingDriver {
  readonly name = 'spy'
  readonly expiresByItself: boolean
  readonly calls: Call[] = []
  readonly #inner: LockingDriver
  readonly #hooks = new Map<DriverMethod, Hooks>()

  constructor(inner: LockingDriver) {
    this.#inner = inner
    this.expiresByItself = inner.expiresByItself
  }

  /** The methods that were called since the last `forget`, `open` left out. */
  get methods(): DriverMethod[] {
    return this.calls.map((call) => call.method).filter((method) => method !== 'open')
  }

  get keys(): StoreKey[] {
    return [...new Set(this.calls.flatMap((call) => call.key ?? []))]
  }

  forget(): void {
    this.calls.length = 0
  }

  /** The next calls of a method reject, and reach no store. */
  failNext(method: DriverMethod, error: Error = SessionError.driverFailed(method, 'The store is down.'), times = 1): void {
    this.#once('before', method, times, () => {
      throw error
    })
  }

  /** The next calls of a method are carried out, and reject: their answer was lost. */
  loseAnswer(method: DriverMethod, times = 1): void {
    this.#once('after', method, times, () => {
      throw SessionError.driverFailed(method, 'No answer.')
    })
  }

  /** Does something before the next call of a method reaches the store. */
  beforeNext(method: DriverMethod, hook: Hook): void {
    this.#once('before', method, 1, hook)
  }

  /** Does something after the next call of a method, before its answer arrives. */
  afterNext(method: DriverMethod, hook: Hook): void {
    this.#once('after', method, 1, hook)
  }

  #once(when: 'before' | 'after', method: DriverMethod, times: number, hook: Hook): void {
    const hooks = this.#hooks.get(method) ?? { before: [], after: [] }
    this.#hooks.set(method, hooks)
    for (let each = 0; each < times; each++) hooks[when].push(hook)
  }

  async #ask<Answer>(
    method: DriverMethod,
    key: StoreKey | undefined,
    args: readonly unknown[],
    send: () => Promise<Answer>,
  ): Promise<Answer> {
    const call: Call = { method, key, args }
    this.calls.push(call)
    const hooks = this.#hooks.get(method)
    if (hooks === undefined) return await send()
    await hooks.before.shift()?.(call)
    const answer = await send()
    await hooks.after.shift()?.(call)
    return answer
  }

  open(): Promise<void> {
    return this.#ask('open', undefined, [], () => this.#inner.open())
  }

  close(): Promise<void> {
    return this.#ask('close', undefined, [], () => this.#inner.close())
  }

  read(key: StoreKey): Promise<Found | undefined> {
    return this.#ask('read', key, [], () => this.#inner.read(key))
  }

  insert(key: StoreKey, record: RecordWrite): Promise<{ readonly version: Version; readonly expiresAt: number } | undefined> {
    return this.#ask('insert', key, [record], () => this.#inner.insert(key, record))
  }

  update(key: StoreKey, record: RecordWrite, version: Version): Promise<UpdateResult> {
    return this.#ask('update', key, [record, version], () => this.#inner.update(key, record, version))
  }

  touch(key: StoreKey, durations: Durations, version?: Version): Promise<UpdateResult> {
    return this.#ask('touch', key, [durations, version], () => this.#inner.touch(key, durations, version))
  }

  destroy(key: StoreKey): Promise<Destroyed> {
    return this.#ask('destroy', key, [], () => this.#inner.destroy(key))
  }

  gc(options?: GcOptions): Promise<number> {
    return this.#ask('gc', undefined, [options], () => this.#inner.gc(options))
  }

  acquire(key: StoreKey, options: AcquireOptions): Promise<Acquired> {
    return this.#ask('acquire', key, [options], () => this.#inner.acquire(key, options))
  }

  commit(lease: Lease, record: RecordWrite | undefined, options: CommitOptions): Promise<CommitResult> {
    return this.#ask('commit', lease.key, [lease, record, options], () => this.#inner.commit(lease, record, options))
  }

  replace(
    lease: Lease,
    newKey: StoreKey,
    record: RecordWrite,
    marker: MarkerWrite | undefined,
    options: CommitOptions,
  ): Promise<CommitResult> {
    return this.#ask('replace', lease.key, [lease, newKey, record, marker, options], () =>
      this.#inner.replace(lease, newKey, record, marker, options),
    )
  }

  renew(lease: Lease, leaseMs: number): Promise<boolean> {
    return this.#ask('renew', lease.key, [lease, leaseMs], () => this.#inner.renew(lease, leaseMs))
  }

  unlock(lease: { readonly key: StoreKey; readonly token: string }): Promise<boolean> {
    return this.#ask('unlock', lease.key, [lease], () => this.#inner.unlock(lease))
  }
}
