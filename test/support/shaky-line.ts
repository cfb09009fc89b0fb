import { UnknownOutcome } from '../../src/drivers/settle.ts'
import { SessionError } from '../../src/session/errors.ts'
import type { ShakyStore } from './shaky-store.ts'

/** The commands of a shaky store. */
export type ShakyOp =
  | 'read'
  | 'readBack'
  | 'insert'
  | 'update'
  | 'touch'
  | 'rewrite'
  | 'destroy'
  | 'acquire'
  | 'commit'
  | 'mark'
  | 'renew'
  | 'unlock'
  | 'list'
  | 'keysOfUser'
  | 'epoch'
  | 'raise'
  | 'collect'

/**
 * What may happen to one command.
 * `loseCommand`: it never arrives. `loseAnswer`: it is carried out, its answer is lost. `late`: its caller gives up, it arrives later
 * (`store.arrive()`). `twice`: the client library sends it again, and the second answer is what comes back. `lateCopy`: it is answered, and
 * a copy arrives later. `crash`: the process dies before it is sent. `crashAfter`: after it was carried out.
 */
export type Fault = 'loseCommand' | 'loseAnswer' | 'late' | 'twice' | 'lateCopy' | 'crash' | 'crashAfter'

/** The process of the driver has died: no call of it reaches anything any more. */
export class Crashed extends Error {
  override readonly name = 'Crashed'
}

/** How a driver talks to its store. */
export interface Line {
  call<Answer>(op: ShakyOp, command: () => Answer): Promise<Answer>
}

/** A command that waits at the store's door. */
export interface Gate {
  readonly arrived: Promise<void>
  readonly release: () => void
}

export interface FaultPlanOptions {
  /** Default: 1. */
  readonly seed?: number
  /** The share of commands that something happens to. Default: 0, only what is scripted. */
  readonly rate?: number
  /** What may happen at random. Default: lost and late commands and answers. */
  readonly kinds?: readonly Fault[]
}

/** What goes wrong and when: scripted by `next` and `hold`, or at random from a seed. */
export class FaultPlan {
  readonly #scripted: { readonly op: ShakyOp; readonly fault: Fault; skip: number }[] = []
  readonly #gates: { readonly op: ShakyOp; readonly enter: () => Promise<void>; skip: number }[] = []
  readonly #random: () => number
  readonly #rate: number
  readonly #kinds: readonly Fault[]
  /** How many commands something happened to. */
  count = 0

  constructor(options: FaultPlanOptions = {}) {
    this.#random = randomFrom(options.seed ?? 1)
    this.#rate = options.rate ?? 0
    this.#kinds = options.kinds ?? ['loseCommand', 'loseAnswer', 'late']
  }

  /** The next command of this kind has this fault, after `skip` others of the kind. */
  next(op: ShakyOp, fault: Fault, skip = 0): this {
    this.#scripted.push({ op, fault, skip })
    return this
  }

  /** The next command of this kind waits before it reaches the store, until it is released, after `skip` others of the kind. */
  hold(op: ShakyOp, skip = 0): Gate {
    const arrived = Promise.withResolvers<void>()
    const released = Promise.withResolvers<void>()
    const enter = (): Promise<void> => {
      arrived.resolve()
      return released.promise
    }
    this.#gates.push({ op, enter, skip })
    return { arrived: arrived.promise, release: () => released.resolve() }
  }

  gate(op: ShakyOp): Promise<void> | undefined {
    return due(this.#gates, op)?.enter()
  }

  take(op: ShakyOp): Fault | undefined {
    const fault = due(this.#scripted, op)?.fault ?? this.#takeRandom(op)
    if (fault !== undefined) this.count += 1
    return fault
  }

  /** Whether a late command arrives now. */
  lateArrives(): boolean {
    return this.#rate > 0 && this.#random() < 0.3
  }

  #takeRandom(op: ShakyOp): Fault | undefined {
    if (this.#rate === 0 || this.#random() >= this.#rate) return undefined
    const fault = this.#kinds[Math.floor(this.#random() * this.#kinds.length)]
    // No client may send these a second time by itself: a driver checks that when it opens.
    return (op === 'insert' || op === 'update') && (fault === 'twice' || fault === 'lateCopy') ? 'late' : fault
  }
}

/** Takes out the entry whose turn it is; the others of its kind come one nearer. */
function due<Entry extends { readonly op: ShakyOp; skip: number }>(entries: Entry[], op: ShakyOp): Entry | undefined {
  const ofKind = entries.filter((entry) => entry.op === op)
  const entry = ofKind.find(({ skip }) => skip === 0)
  for (const other of ofKind) if (other !== entry) other.skip = Math.max(0, other.skip - 1)
  if (entry !== undefined) entries.splice(entries.indexOf(entry), 1)
  return entry
}

/** A line that carries each command at once, and has the faults of a plan. */
export class FaultyLine implements Line {
  readonly #store: ShakyStore
  readonly #faults: FaultPlan
  readonly #boundMs: number
  #isDead = false

  /** @param boundMs How long a caller waits for an answer that does not come: so far the store's clock moves. */
  constructor(store: ShakyStore, faults: FaultPlan, boundMs = 0) {
    this.#store = store
    this.#faults = faults
    this.#boundMs = boundMs
  }

  async call<Answer>(op: ShakyOp, command: () => Answer): Promise<Answer> {
    this.#checkLife()
    await this.#faults.gate(op)
    if (this.#store.late.length > 0 && this.#faults.lateArrives()) this.#store.arrive(1)
    if (this.#store.isDown) throw SessionError.driverFailed(op, 'The store is down.', { cause: new Error('connection refused') })
    switch (this.#faults.take(op)) {
      case 'crash':
        return this.#crash()
      case 'loseCommand':
        return this.#giveUp(op)
      case 'late':
        this.#store.late.push(command)
        return this.#giveUp(op)
      case 'loseAnswer':
        command()
        return this.#giveUp(op)
      case 'crashAfter':
        command()
        return this.#crash()
      case 'twice':
        command()
        return command()
      case 'lateCopy':
        this.#store.late.push(command)
        return command()
      case undefined:
        return command()
    }
  }

  #checkLife(): void {
    if (this.#isDead) throw new Crashed('the process died')
  }

  #crash(): never {
    this.#isDead = true
    throw new Crashed('the process died')
  }

  #giveUp(op: ShakyOp): never {
    this.#store.clock.advance(this.#boundMs)
    throw new UnknownOutcome(op)
  }
}

/** Random numbers from 0 to 1 that are the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
