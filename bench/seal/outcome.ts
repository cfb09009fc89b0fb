import { isSessionError } from '../../src/session/errors.ts'

/** What came of a text. `refused`: with the one error that all such texts get. */
export type Outcome = 'refused' | 'opened' | 'crashed'

/** How often which came. */
export interface Tally {
  tries: number
  opened: number
  crashes: number
}

/** The error of a text that does not open. It is the same for all of them: whoever tries texts learns nothing from it. */
const CODE = 'ERR_SESSION_DESERIALIZATION_FAILED'
const MESSAGE = 'Failed to deserialize session data. A sealed text could not be opened.'
const FIELDS = ['code', 'expose', 'isSessionError', 'name', 'status']

/** Opens and tells what came of it; a promise only where opening takes one. */
export function outcomeOf(open: () => unknown, isRefusal: (error: unknown) => boolean = isTheOneError): Outcome | Promise<Outcome> {
  const failed = (error: unknown): Outcome => (isRefusal(error) ? 'refused' : 'crashed')
  try {
    const opened = open()
    return opened instanceof Promise ? opened.then((): Outcome => 'opened', failed) : 'opened'
  } catch (error) {
    return failed(error)
  }
}

export function isTheOneError(error: unknown): boolean {
  if (!isUnreadableError(error) || error.message !== MESSAGE || error.cause !== undefined) return false
  return Object.keys(error).toSorted().join() === FIELDS.join()
}

/** The error of any text that is not understood, whatever it says. */
export function isUnreadableError(error: unknown): error is Error {
  return error instanceof Error && isSessionError(error) && error.code === CODE
}

/** By the kind of what was tried. */
export class Tallies {
  readonly #byKind = new Map<string, Tally>()

  add(kind: string, outcome: Outcome): void {
    const tally = this.of(kind)
    tally.tries += 1
    if (outcome === 'opened') tally.opened += 1
    if (outcome === 'crashed') tally.crashes += 1
  }

  of(kind: string): Tally {
    const tally = this.#byKind.get(kind) ?? { tries: 0, opened: 0, crashes: 0 }
    this.#byKind.set(kind, tally)
    return tally
  }

  get byKind(): ReadonlyMap<string, Readonly<Tally>> {
    return this.#byKind
  }

  get total(): Readonly<Tally> {
    const total = { tries: 0, opened: 0, crashes: 0 }
    for (const { tries, opened, crashes } of this.#byKind.values()) {
      total.tries += tries
      total.opened += opened
      total.crashes += crashes
    }
    return total
  }
}
