/** What can stand in two rosters at once. Where it stands in each is for the rosters alone; -1 where it does not. */
export interface Rostered {
  place: number
  secondPlace?: number
}

/**
 * A set of what is under way, for things that come and go with each request.
 *
 * A `Set` would do, but for this: when its table grows too full of holes it makes a new one, and each old table refers to the next. Once one
 * of them has grown old, all that later ones ever held is kept until the next full collection: every request's session.
 */
export class Roster<Item extends Rostered> {
  readonly #items: Item[] = []
  readonly #field: keyof Rostered

  /** @param field Which of an item's two places this roster notes. */
  constructor(field: keyof Rostered = 'place') {
    this.#field = field
  }

  get size(): number {
    return this.#items.length
  }

  add(item: Item): void {
    if (!this.has(item)) item[this.#field] = this.#items.push(item) - 1
  }

  remove(item: Item): void {
    const place = item[this.#field] ?? -1
    const last = this.#items.at(-1)
    if (place < 0 || last === undefined) return
    this.#items[place] = last
    last[this.#field] = place
    this.#items.pop()
    item[this.#field] = -1
  }

  has(item: Item): boolean {
    return (item[this.#field] ?? -1) >= 0
  }

  /** A copy: what is called for one of them may add and remove others. */
  all(): readonly Item[] {
    return this.#items.slice()
  }
}
