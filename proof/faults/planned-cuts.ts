/** Which way bytes go: commands to the server, replies to the client. */
export type Direction = 'toServer' | 'toClient'

/**
 * When a connection is cut: `before` a command, which then never reaches the server though all before it have been answered, or `after`
 * the server has answered it, and that answer never reaches the client.
 */
export type Moment = 'before' | 'after'

/** Which command: the one of this number, counting all connections' commands from now on (1 is the next), or the first that fits. */
export type WhichCommand = number | ((words: readonly string[]) => boolean)

/** A cut that waits for its moment. */
export interface PlannedCut<What> {
  /** Resolves once it was made. It never does when `heal` or `close` came before. */
  readonly happened: Promise<What>
}

interface AnswerCut {
  left: number
  readonly done: (nothing: undefined) => void
}

interface ByteCut {
  readonly direction: Direction
  left: number
  readonly done: (bytes: undefined) => void
}

/** The cut of a connection at one command. `done` is to be called with the command's words. */
export interface CommandCut {
  readonly moment: Moment
  readonly fits: (words: readonly string[]) => boolean
  readonly done: (words: readonly string[]) => void
}

/** The cuts that a proxy has been asked for and that have not been made yet. All connections share them; each is made once. */
export class PlannedCuts {
  #byteCuts: ByteCut[] = []
  #answerCuts: AnswerCut[] = []
  #commandCuts: CommandCut[] = []

  afterBytes(direction: Direction, count: number): PlannedCut<undefined> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.#byteCuts.push({ direction, left: count, done: resolve })
    return { happened: promise }
  }

  atAnswer(which: number): PlannedCut<undefined> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.#answerCuts.push({ left: which, done: resolve })
    return { happened: promise }
  }

  atCommand(which: WhichCommand, moment: Moment): PlannedCut<readonly string[]> {
    const { promise, resolve } = Promise.withResolvers<readonly string[]>()
    let left = typeof which === 'number' ? which : 0
    const fits = typeof which === 'number' ? () => --left === 0 : which
    this.#commandCuts.push({ moment, fits, done: resolve })
    return { happened: promise }
  }

  forget(): void {
    this.#byteCuts = []
    this.#answerCuts = []
    this.#commandCuts = []
  }

  /** Counts bytes that are about to pass: how many of them may, and what to do then when the connection is to be cut. */
  countBytes(direction: Direction, length: number): { readonly pass: number; readonly cut: (() => void) | undefined } {
    const mine = this.#byteCuts.filter((plan) => plan.direction === direction)
    const pass = Math.min(length, ...mine.map(({ left }) => left))
    for (const plan of mine) plan.left -= pass
    const due = mine.filter(({ left }) => left === 0)
    this.#byteCuts = this.#byteCuts.filter((plan) => !due.includes(plan))
    return { pass, cut: due.length === 0 ? undefined : () => due.forEach(({ done }) => done(undefined)) }
  }

  /** Counts an answer that is about to begin: what to do when the connection is to be cut instead. */
  countAnswer(): (() => void) | undefined {
    for (const plan of this.#answerCuts) plan.left -= 1
    const due = this.#answerCuts.filter(({ left }) => left === 0)
    this.#answerCuts = this.#answerCuts.filter((plan) => !due.includes(plan))
    return due.length === 0 ? undefined : () => due.forEach(({ done }) => done(undefined))
  }

  /** Counts a command that is about to pass: the cut that is to be made at it, when there is one. */
  countCommand(words: readonly string[]): CommandCut | undefined {
    // Each plan counts each command.
    const due = this.#commandCuts.filter(({ fits }) => fits(words))[0]
    this.#commandCuts = this.#commandCuts.filter((plan) => plan !== due)
    return due
  }
}
