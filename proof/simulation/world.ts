import { time } from './virtual-time.ts'
import { Promises } from './checks.ts'
import { BOUND_MS, Network } from './line.ts'
import type { Command } from './line.ts'
import type { FaultKind, Plan } from './plan.ts'
import { LEASE_MS, Process } from './process.ts'
import { ModelStore } from './store.ts'
import { visit } from './visit.ts'
import type { Deed, Surroundings, Visitor } from './visit.ts'

interface Turn {
  readonly owner: Process
  readonly goOn: () => void
}

interface Request {
  readonly owner: Process
  readonly deed: Deed
  readonly abort: AbortController
}

const runs = (owner: object | undefined): boolean => owner instanceof Process && owner.runs
const isAlive = (owner: object): boolean => owner instanceof Process && owner.isAlive

/** The processes, the visitors, the store and what is on its way between them, with the steps that can be taken. */
export class World {
  readonly store = new ModelStore()
  readonly network = new Network()
  readonly promises = new Promises()
  readonly visitors: readonly Visitor[]
  readonly #seed: number
  readonly #isHealthy: boolean
  readonly #processes: Process[] = []
  readonly #requests = new Set<Request>()
  readonly #turns: Turn[] = []
  readonly #told: ((line: string) => void) | undefined
  steps = 0
  begun = 0
  name = 0

  /** @param told Is told every choice, for a trace. */
  constructor(seed: number, { faults, processes, visitors }: Plan, told: ((line: string) => void) | undefined) {
    this.#seed = seed
    this.#isHealthy = faults === 0
    this.#told = told
    for (let process = 0; process < processes; process++) this.#processes.push(new Process(this.network, this.store))
    this.visitors = Array.from({ length: visitors }, (_, at) => ({ userId: `user${at}`, cookie: '', earlier: [] }))
  }

  /** Commands that have not reached the store. */
  get sent(): Command[] {
    return this.network.commands.filter(({ state, isGivenUp, owner }) => state === 'sent' && !isGivenUp && isAlive(owner))
  }

  /** Commands that nobody waits for any more, and that come to the store when they like. */
  get late(): Command[] {
    return this.network.commands.filter(({ state, isGivenUp, owner }) => state === 'sent' && (isGivenUp || !isAlive(owner)))
  }

  /** Answers that somebody waits for. */
  get applied(): Command[] {
    return this.network.commands.filter(({ state, owner, isGivenUp }) => state === 'applied' && !isGivenUp && runs(owner))
  }

  /** Handlers that could go on. */
  get turns(): Turn[] {
    return this.#turns.filter(({ owner }) => owner.runs)
  }

  get alive(): Process[] {
    return this.#processes.filter((process) => process.runs)
  }

  /** How many requests are under way. */
  get open(): number {
    return this.#requests.size
  }

  violated(what: string): void {
    this.promises.violations.push(what)
  }

  note(what: string): void {
    for (let at = 0; at < what.length; at++) this.name = Math.imul(this.name ^ what.charCodeAt(at), 0x01000193) >>> 0
    this.#told?.(`${this.steps} ${time.nowMs} ${what}`)
  }

  apply(command: Command): void {
    this.note(command.operation)
    command.apply()
    if (command.isGivenUp || !isAlive(command.owner)) command.state = 'over'
  }

  answer(command: Command): Promise<void> {
    return time.as(command.owner, () => command.deliver())
  }

  async goOn(turn: Turn): Promise<void> {
    this.#turns.splice(this.#turns.indexOf(turn), 1)
    await time.as(turn.owner, turn.goOn)
  }

  /** A request comes. @param over Is told how it ended, where that is not looked at otherwise. */
  async begin(deed: Deed, visitor: Visitor = time.random.pick(this.visitors), over?: (error: Error | undefined) => void): Promise<void> {
    const owner = over === undefined ? time.random.pick(this.alive) : this.#awake()
    const mark = `a${this.#seed.toString(16)}b${this.begun.toString(16)}`
    const request: Request = { owner, deed, abort: new AbortController() }
    this.note(`${deed} ${mark}`)
    this.begun += 1
    this.#requests.add(request)
    const around: Surroundings = {
      promises: this.promises,
      step: () => this.steps,
      turn: () => new Promise<void>((goOn) => void this.#turns.push({ owner, goOn })),
      tell: (line: string) => this.#told?.(`  ${line}`),
      isRevoked: (handle: string) => this.store.isRevoked(handle),
      pick: (items) => time.random.pick(items),
      arrives: () => this.#isHealthy || !time.random.perMille(50),
    }
    await time.as(owner, () => {
      void visit(deed, mark, visitor, owner, request.abort.signal, around).then((error) => {
        this.#requests.delete(request)
        if (over !== undefined) over(error)
        else if (error !== undefined && this.#isHealthy) this.#unexpected(deed, error)
        this.#told?.(`  ${deed} ${mark} ended${error === undefined ? '' : `: ${String(error)}`}`)
      })
    })
  }

  /** Something goes wrong, if there is what can. */
  async fault(kind: FaultKind): Promise<void> {
    const pick = <Item>(items: readonly Item[]): Item => time.random.pick(items)
    const { sent, applied } = this
    this.note(kind)
    if (kind === 'crash') this.#crash(pick(this.#processes))
    else if (kind === 'stop') pick(this.#processes).stoppedUntil = time.nowMs + pick([50, 500, LEASE_MS + 200, 4 * LEASE_MS])
    else if (kind === 'clock') this.store.skewMs += pick([100, LEASE_MS + 1, 3 * LEASE_MS])
    else if (kind === 'hang up' && this.#requests.size > 0) {
      const { owner, abort } = pick([...this.#requests])
      if (runs(owner)) await time.as(owner, () => abort.abort())
    } else if (kind === 'answer lost' && applied.length > 0) await this.#lose(pick(applied), true)
    else if (kind === 'copy') {
      const copied = sent.filter(({ operation }) => operation !== 'insert' && operation !== 'update')
      if (copied.length > 0) this.network.copy(pick(copied))
    } else if ((kind === 'command lost' || kind === 'command late') && sent.length > 0)
      await this.#lose(pick(sent), kind === 'command lost')
  }

  /** Time passes: to the next timer at most. What has waited for its answer for too long gives up. */
  async pass(): Promise<void> {
    const timer = time.next(runs)
    const wakes = this.#processes.flatMap(({ stoppedUntil }) => (stoppedUntil > time.nowMs ? [stoppedUntil] : []))
    const waiting = this.network.commands.filter(({ isGivenUp, owner }) => !isGivenUp && runs(owner))
    // While a command is on its way little time passes: the store is near.
    const little = waiting.length > 0 ? [time.nowMs + 1 + time.random.below(this.#isHealthy ? 5 : 20)] : []
    const until = Math.min(timer?.dueAt ?? Infinity, ...wakes, ...little)
    if (!Number.isFinite(until)) {
      time.nowMs += 1000
      if (this.open > 0 && this.network.commands.length === 0 && this.#turns.length === 0) this.#stuck()
      return
    }
    time.nowMs = Math.max(time.nowMs, until)
    for (const command of waiting)
      if (!this.#isHealthy && time.nowMs >= command.sentAt + BOUND_MS) await this.#lose(command, command.state !== 'sent')
    if (timer?.owner !== undefined && timer.dueAt <= time.nowMs) await time.as(timer.owner, () => time.fire(timer))
  }

  /** No answer comes to a command. @param isOver Whether it is never carried out any more, or was. Else it is when it likes. */
  async #lose(command: Command, isOver: boolean): Promise<void> {
    if (isOver) command.state = 'lost'
    if (command.isGivenUp || !runs(command.owner)) return
    await time.as(command.owner, () => command.giveUp())
    if (isOver) command.state = 'over'
  }

  /** What it has sent may yet be carried out. Another process takes its place. */
  #crash(process: Process): void {
    process.isAlive = false
    time.forget(process)
    for (const request of this.#requests) if (request.owner === process) this.#requests.delete(request)
    for (let at = this.#turns.length - 1; at >= 0; at--) if (this.#turns[at]?.owner === process) this.#turns.splice(at, 1)
    for (const command of this.network.commands) if (command.owner === process && command.state !== 'sent') command.state = 'over'
    this.#processes.splice(this.#processes.indexOf(process), 1, new Process(this.network, this.store))
  }

  #awake(): Process {
    const [process] = this.#processes
    if (process === undefined) throw new Error('there is always a process')
    process.stoppedUntil = 0
    return process
  }

  /** What no request may end with where nothing has gone wrong. */
  #unexpected(deed: Deed, error: Error): void {
    const code: unknown = Reflect.get(error, 'code')
    // Somebody has logged out meanwhile, or in under another id, which this request does not know: that is an answer.
    if (deed === 'fail' || code === 'ERR_SESSION_GONE' || code === 'ERR_SESSION_READONLY') return
    this.violated(`without any fault ${deed} ended with ${String(error)}`)
  }

  #stuck(): void {
    for (const { deed } of this.#requests) this.violated(`${deed} waits for nothing`)
    this.#requests.clear()
  }
}
