import { vi } from 'vitest'
import type { LockingDriver } from '../../../src/contracts/driver.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { isSessionError } from '../../../src/session/errors.ts'
import type { Protocol } from '../../support/shaky-driver.ts'
import { ShakyDriver } from '../../support/shaky-driver.ts'
import type { OpenSession } from '../../../src/manager/open-session.ts'
import { ExploreNet } from './explore-net.ts'
import type { Choice } from './explore-net.ts'
import { CheckedStore, Oracle, Violation, sidOf } from './explore-oracle.ts'
import { busyCount, forgetKept } from './idle.ts'
import { rngOf } from './rng.ts'
import type { Rng } from './rng.ts'
import { leases } from './shaky-shop.ts'
import { idIn, visit } from './shop.ts'

export const KINDS = [
  'change',
  'change',
  'change',
  'change twice',
  'look',
  'readonly',
  'rotate',
  'login',
  'logout',
  'invalidate',
  'fail',
  'invent',
] as const
export type Kind = (typeof KINDS)[number]

export interface HistoryOptions {
  readonly seed: number
  readonly requests: number
  readonly faults: number
  readonly kinds?: readonly Kind[]
  readonly protocol?: Partial<Protocol>
  /** Makes another driver of each process's own: what a test breaks on purpose. */
  readonly mutate?: (driver: LockingDriver) => LockingDriver
}

interface Process {
  readonly number: number
  readonly sessions: SessionManager
  isAlive: boolean
  readonly died: Promise<void>
  readonly die: () => void
}

/** One random history of two processes over a bad line, and what must hold whatever happens. It needs fake timers. */
export class ExploreHistory {
  readonly #options: HistoryOptions
  readonly #rng: Rng
  readonly #store = new CheckedStore()
  readonly #net: ExploreNet
  readonly oracle: Oracle = new Oracle(this.#store)
  readonly #processes: Process[] = []
  readonly #broken: unknown[] = []
  #cookie: string | undefined
  #arrived = 0
  #running = 0
  #crashes = 0
  #sids = 0

  constructor(options: HistoryOptions) {
    this.#options = options
    this.#rng = rngOf(options.seed)
    this.#net = new ExploreNet(this.#store, this.#rng, options.faults)
    for (const slot of [0, 1]) this.#processes[slot] = this.#newProcess()
  }

  get trace(): readonly string[] {
    return this.#net.trace
  }

  /** Plays it to its end: what was broken, or `undefined`. */
  async play(): Promise<string | undefined> {
    forgetKept()
    try {
      for (let step = 0; this.#arrived < this.#options.requests || this.#running > 0 || !this.#net.isQuiet; step++) {
        if (step > 5000) throw new Violation(`${this.#running} requests have not ended`)
        if (step > 400) this.#net.faultsLeft = 0
        this.#net.step(this.#choices())
        await new Promise((resolve) => setImmediate(resolve))
        if (this.#broken.length > 0) throw this.#broken[0]
      }
      if (this.#crashes === 0 && busyCount() > 0) throw new Violation('a session is held or waited for when all requests have ended')
      if (this.#options.faults === 0 && leases(this.#store).length > 0) throw new Violation('a lease was not given back')
      this.oracle.checkEnd()
      return undefined
    } catch (error) {
      if (error instanceof Violation) return error.message
      throw error
    } finally {
      vi.clearAllTimers()
    }
  }

  #choices(): Choice[] {
    const choices: Choice[] = []
    if (this.#arrived < this.#options.requests) choices.push([1.2, () => this.#arrive()])
    if (this.#net.faultsLeft > 0) choices.push([0.1, () => this.#crash()])
    return choices
  }

  #newProcess(): Process {
    const number = this.#processes.length + this.#crashes
    const { protocol = {}, mutate = (driver) => driver } = this.#options
    const shaky = new ShakyDriver({ store: this.#store, line: this.#net.line(number), protocol })
    const replace = shaky.replace.bind(shaky)
    shaky.replace = (lease, newKey, record, marker, options) => {
      if (marker !== undefined) this.oracle.moves.set(marker.writeToken, newKey)
      return replace(lease, newKey, record, marker, options)
    }
    const sessions = new SessionManager({ driver: mutate(shaky), clock: this.#store.clock.now, collectEverySeconds: 0 })
    const { promise: died, resolve: die } = Promise.withResolvers<void>()
    return { number, sessions, isAlive: true, died, die }
  }

  #crash(): void {
    const slot = this.#rng.below(2)
    const process = this.#processes[slot]
    if (process === undefined) return
    this.#net.trace.push(`p${process.number} dies`)
    this.#net.faultsLeft -= 1
    this.#crashes += 1
    process.isAlive = false
    process.die()
    this.#net.kill(process.number)
    this.#processes[slot] = this.#newProcess()
  }

  #arrive(): void {
    const process = this.#rng.pick(this.#processes)
    const kind = this.#rng.pick(this.#options.kinds ?? KINDS)
    this.#arrived += 1
    const op = `r${this.#arrived}`
    const cookie = this.#rng.chance(0.8) ? this.#cookie : this.#rng.pick([...this.oracle.issued, this.#cookie])
    this.#net.trace.push(`${op} comes to p${process.number}: ${kind}`)
    this.#running += 1
    const ended = this.#request(process, kind, cookie, op)
      // A request that fails is a request that was told so: nothing is claimed.
      .catch((error: unknown) => {
        if (!isSessionError(error) && process.isAlive) this.#broken.push(error)
      })
    void Promise.race([ended, process.died]).finally(() => (this.#running -= 1))
  }

  async #request(process: Process, kind: Kind, cookie: string | undefined, op: string): Promise<void> {
    const past = this.oracle.past()
    const sent = kind === 'invent' ? this.#invent() : cookie
    const hangUp = new AbortController()
    if (this.#rng.chance(0.1)) void this.#net.work().then(() => hangUp.abort())
    const concurrency = kind === 'readonly' ? kind : 'exclusive'
    const open = await visit(process.sessions, sent ?? [], { concurrency, signal: hangUp.signal })
    const { session } = open
    if (process.isAlive && sent !== undefined) this.oracle.served(session, sent, past)
    if (kind === 'readonly') return void (await open.commit())
    if (session.isNew && (kind === 'invent' || kind === 'logout' || kind === 'invalidate')) return void (await open.commit())
    try {
      if (session.isNew) await this.#begin(open, process, op)
      else await this.#use(open, process, kind, op)
    } catch (error) {
      await open.discard(error)
      throw error
    }
  }

  /** A session of which something is kept for the first time. */
  async #begin(open: OpenSession, process: Process, op: string): Promise<void> {
    const sid = this.#newSid()
    try {
      open.session.set('line', [sid])
      open.session.set('ops', [op])
    } catch {
      return void (await open.commit())
    }
    await this.#net.work()
    await this.#end(open, process, sid, [op])
  }

  async #use(open: OpenSession, process: Process, kind: Kind, op: string): Promise<void> {
    const { session } = open
    const { id } = session
    let sid = sidOf(session)
    const add = (one: string): void => session.set('ops', [...(session.get('ops') as string[]), one])
    await this.#net.work()
    switch (kind) {
      case 'look':
        return void (await open.commit())
      case 'fail':
        add(`${op}, which failed`)
        return void (await open.discard(new Error('oops')))
      case 'logout':
      case 'invalidate':
        this.oracle.ending(sid)
        await (kind === 'logout' ? session.destroy() : session.invalidate())
        if (process.isAlive) this.oracle.endAcknowledged(sid)
        return void (await open.commit())
      case 'change twice':
        add(`${op}a`)
        await session.save()
        if (process.isAlive) this.oracle.acknowledge(`${op}a`, sid)
        await this.#net.work()
        break
      case 'rotate':
        await session.regenerate()
        break
      case 'login': {
        const next = this.#newSid()
        this.oracle.login(sid, next)
        session.set('line', [...(session.get('line') as string[]), next])
        sid = next
        await session.regenerate({ destroy: true })
        break
      }
      default:
    }
    add(op)
    await this.#end(open, process, sid, [op])
    if (kind === 'login' && process.isAlive) this.oracle.loginAcknowledged(id)
  }

  async #end(open: OpenSession, process: Process, sid: string, ops: readonly string[]): Promise<void> {
    let isGone = false
    const stop = process.sessions.on('refused', ({ reason }) => (isGone ||= reason === 'gone'))
    const { setCookie } = await open.commit()
    stop()
    // A session that was ended under its request is answered without it: nothing is claimed to be stored.
    if (!process.isAlive || (isGone && !open.session.isNew && setCookie === undefined)) return
    for (const op of ops) this.oracle.acknowledge(op, sid)
    const id = idIn(setCookie)
    if (id === undefined || id === 'cleared') return
    this.oracle.issued.add(id)
    if (this.#cookie === undefined || this.#rng.chance(0.75)) this.#cookie = id
  }

  #newSid(): string {
    this.#sids += 1
    return `s${this.#sids}`
  }

  #invent(): string {
    const id = Array.from({ length: 40 }, () => this.#rng.below(16).toString(16)).join('')
    this.oracle.invented.add(id)
    return id
  }
}
