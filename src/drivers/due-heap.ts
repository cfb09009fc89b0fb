/** What a heap orders: when it is due, and where in the heap it stands. */
export interface Due {
  /** Unix milliseconds. It does not change while the item is in the heap. */
  due: number
  /** Kept by the heap. */
  slot: number
}

/** A binary heap: the earliest due comes first, and any item can be removed without a search. */
export class DueHeap<Item extends Due> {
  readonly #items: Item[] = []

  get first(): Item | undefined {
    return this.#items[0]
  }

  push(item: Item): void {
    this.#items.push(item)
    this.#rise(item, this.#items.length - 1)
  }

  remove(item: Item): void {
    const last = this.#items.pop()
    if (last === undefined || last === item) return
    this.#sink(last, item.slot)
    this.#rise(last, last.slot)
  }

  #rise(item: Item, from: number): void {
    const items = this.#items
    let at = from
    while (at > 0) {
      const up = (at - 1) >> 1
      const parent = items[up]
      if (parent === undefined || parent.due <= item.due) break
      items[at] = parent
      parent.slot = at
      at = up
    }
    items[at] = item
    item.slot = at
  }

  #sink(item: Item, from: number): void {
    const items = this.#items
    let at = from
    for (;;) {
      let down = 2 * at + 1
      let child = items[down]
      if (child === undefined) break
      const right = items[down + 1]
      if (right !== undefined && right.due < child.due) {
        child = right
        down += 1
      }
      if (item.due <= child.due) break
      items[at] = child
      child.slot = at
      at = down
    }
    items[at] = item
    item.slot = at
  }
}
