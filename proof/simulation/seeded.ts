/** Random choices that a seed decides. */
export interface Random {
  /** A whole number of at least 0 and less than `count`. */
  below(count: number): number
  /** True in so many of a thousand cases. */
  perMille(share: number): boolean
  pick<Item>(items: readonly Item[]): Item
}

/** The generator `mulberry32`, by Tommy Ettinger, in the public domain: 32 bits of state, which is enough to choose steps. */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (count: number): number => Math.floor(next() * count)
  return {
    below,
    perMille: (share) => next() * 1000 < share,
    pick: (items) => {
      const item = items[below(items.length)]
      if (item === undefined) throw new RangeError('nothing to pick from')
      return item
    },
  }
}
