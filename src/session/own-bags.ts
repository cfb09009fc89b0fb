import { SessionError } from './errors.ts'
import { copyOf, isPlainObject } from './plain.ts'
import { sameValue } from './same-value.ts'
import type { SessionBag } from './session-bag.ts'

interface OwnBag {
  readonly bag: SessionBag
  data: Record<string, unknown>
  /** Copies of what was loaded, and of what is being stored, where others may store at the same time. */
  loaded: Record<string, unknown>
  sent: Record<string, unknown>
}

/** The application's own bags of one session, each with the object that holds its data. */
export class OwnBags {
  readonly #bags: readonly OwnBag[]
  readonly #merges: boolean

  /** @param merges Whether others may store at the same time. */
  constructor(bags: readonly SessionBag[], merges: boolean) {
    this.#bags = bags.map((bag) => ({ bag, data: {}, loaded: {}, sent: {} }))
    this.#merges = merges
  }

  get size(): number {
    return this.#bags.length
  }

  find(name: string): SessionBag | undefined {
    return this.#bags.find(({ bag }) => bag.name === name)?.bag
  }

  /**
   * Takes what is theirs out of the attributes.
   * @param isRebase True where others stored it meanwhile: a bag that was changed here stays as it is.
   * @throws {SessionError} `ERR_SESSION_CONFLICT` for a bag that was changed here and there: nobody knows how its parts belong together.
   */
  takeFrom(attributes: Record<string, unknown>, isRebase: boolean): void {
    for (const own of this.#bags) {
      const theirs = takeObject(attributes, own.bag.storageKey)
      const isOurs = isRebase && !sameValue(own.data, own.loaded)
      if (isOurs && !sameValue(theirs, own.loaded) && !sameValue(theirs, own.data)) throw SessionError.conflict(`the bag '${own.bag.name}'`)
      if (this.#merges) own.loaded = copyOf(theirs)
      if (isOurs) continue
      own.data = theirs
      own.bag.initialize(theirs)
    }
  }

  /** Puts what they hold where it is stored. */
  putInto(attributes: Record<string, unknown>): void {
    for (const { bag, data } of this.#bags) if (!isEmpty(data)) attributes[bag.storageKey] = data
  }

  get areEmpty(): boolean {
    return this.#bags.every(({ data }) => isEmpty(data))
  }

  /** They are being stored as they are now. */
  mark(): void {
    if (this.#merges) for (const own of this.#bags) own.sent = copyOf(own.data)
  }

  /** What was marked is stored. */
  markStored(): void {
    for (const own of this.#bags) own.loaded = own.sent
  }
}

export function isEmpty(data: Record<string, unknown>): boolean {
  for (const key in data) if (Object.hasOwn(data, key)) return false
  return true
}

/** Takes an object that stands under a key out of another. */
export function takeObject(from: Record<string, unknown>, key: string): Record<string, unknown> {
  const value = Object.hasOwn(from, key) ? from[key] : undefined
  if (value === undefined) return {}
  delete from[key]
  return isPlainObject(value) ? value : {}
}
