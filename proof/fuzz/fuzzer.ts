import type { Random } from '../simulation/seeded.ts'
import type { Coverage, Fresh } from './coverage.ts'
import { type Failure, type Found, failureOf } from './found.ts'
import { mutated } from './mutate.ts'
import { PrototypeWatch } from './prototypes.ts'
import { smallest } from './smallest.ts'
import type { Target, Trial } from './target.ts'

export interface FuzzerOptions {
  readonly target: Target
  readonly trial: Trial
  readonly coverage: Coverage
  readonly random: Random
  /** What to begin with. */
  readonly corpus: readonly Buffer[]
  /** So many different findings are enough. */
  readonly mostFound: number
  /** Called before each execution, so that somebody outside knows what this one does not come back from. */
  readonly onTry: (input: Buffer) => void
}

const BATCH = 64
const MADE_PER_MILLE = 250
const RECENT = 16
/** So much of the processor no input may take: a parser that is not quadratic needs a thousandth of it. */
const SLOW_MS = 400
const ATTEMPTS = 3
const TOO_LONG = 'takes too long'

/** Tries inputs of one target in this process: made ones, and mutations of those that reached something new. */
export class Fuzzer {
  executions = 0
  /** What of the corpus reached code that nothing before it had. */
  readonly covering: Buffer[] = []
  /** What else did. */
  readonly kept: Buffer[] = []
  readonly found: Found[] = []
  readonly #options: FuzzerOptions
  readonly #words: readonly Buffer[]
  readonly #watch = new PrototypeWatch()
  readonly #pool: Buffer[] = []
  /** Nothing that this process finds counts any more. */
  #isSpoilt = false

  constructor(options: FuzzerOptions) {
    this.#options = options
    this.#words = options.target.words.map((word) => Buffer.from(word))
  }

  get isDone(): boolean {
    return this.found.length >= this.#options.mostFound || this.#isSpoilt
  }

  /** Tries the corpus, each input of which is worth mutating. */
  async begin(): Promise<void> {
    const { corpus, coverage } = this.#options
    coverage.look()
    for (const input of corpus) {
      await this.#try(input)
      this.#pool.push(input)
      if (coverage.look() !== undefined) this.covering.push(input)
    }
    this.#checkPrototypes(corpus)
  }

  /** Tries some more inputs, at most so many, and keeps those that are interesting. */
  async batch(most = BATCH): Promise<void> {
    const { coverage } = this.#options
    const inputs = Array.from({ length: Math.min(most, BATCH) }, () => this.#next())
    for (const input of inputs) {
      await this.#try(input)
      if (this.isDone) return
    }
    this.#checkPrototypes(inputs)
    const fresh = coverage.look()
    if (fresh !== undefined) await this.#keep(inputs, fresh)
  }

  /** They are tried again one by one, to see which of them reach what is new. */
  async #keep(inputs: readonly Buffer[], fresh: Fresh): Promise<void> {
    for (const input of inputs) {
      await this.#try(input)
      if (!this.#options.coverage.reachedAgain(fresh)) continue
      this.kept.push(input)
      this.#pool.push(input)
      if (fresh.size === 0) return
    }
  }

  #next(): Buffer {
    const { target, random } = this.#options
    const { mostBytes } = target
    if (this.#pool.length === 0 || random.perMille(MADE_PER_MILLE)) {
      const made = target.make(random).subarray(0, mostBytes)
      return random.below(2) === 0 ? made : mutated(made, random, { words: this.#words, other: made, mostBytes })
    }
    const input = random.below(2) === 0 ? random.pick(this.#pool) : random.pick(this.#pool.slice(-RECENT))
    return mutated(input, random, { words: this.#words, other: random.pick(this.#pool), mostBytes })
  }

  async #try(input: Buffer): Promise<void> {
    this.executions += 1
    const failure = await this.#failure(input)
    if (failure === undefined || this.found.some(({ kind }) => kind === failure.kind)) return
    const isSame = async (other: Buffer): Promise<boolean> => (await this.#failure(other))?.kind === failure.kind
    const takesLong = failure.kind === TOO_LONG
    const shortest = this.#isSpoilt || takesLong ? Buffer.from(input) : await smallest(input, isSame)
    const { details } = takesLong ? failure : ((await this.#failure(shortest)) ?? failure)
    this.found.push({ kind: failure.kind, details, inputs: [shortest] })
  }

  /** What the input does that none may do. */
  async #failure(input: Buffer): Promise<Failure | undefined> {
    const startedAt = performance.now()
    const keys = inheritedKeys()
    const failed = await this.#run(input)
    if (inheritedKeys() !== keys) this.#checkPrototypes([input])
    if (failed !== undefined) return failureOf(failed.error)
    const isSlow = performance.now() - startedAt > SLOW_MS && (await this.#isSlow(input))
    return isSlow ? { kind: TOO_LONG, details: `more than ${SLOW_MS} ms of the processor` } : undefined
  }

  async #run(input: Buffer): Promise<{ readonly error: unknown } | undefined> {
    const { trial, onTry } = this.#options
    onTry(input)
    try {
      const running = trial.run(input)
      if (running !== undefined) await running
      return undefined
    } catch (error) {
      return { error }
    }
  }

  /** A busy machine makes anything slow once: it counts what this thread had of the processor, and the best of some attempts. */
  async #isSlow(input: Buffer): Promise<boolean> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = process.threadCpuUsage()
      await this.#run(input)
      const { user } = process.threadCpuUsage(before)
      if (user < SLOW_MS * 1000) return false
    }
    return true
  }

  #checkPrototypes(inputs: readonly Buffer[]): void {
    if (this.#isSpoilt || this.#watch.touched() === 0) return
    this.#isSpoilt = true
    this.found.push({ kind: 'touches what all objects inherit', details: `${inputs.length} inputs, tried in this order`, inputs })
  }
}

/** What a careless parser adds to first. It costs little to look at after each input. */
function inheritedKeys(): number {
  return Reflect.ownKeys(Object.prototype).length + Reflect.ownKeys(Array.prototype).length + Reflect.ownKeys(Function.prototype).length
}
