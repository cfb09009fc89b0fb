/** Random numbers that a seed decides, so that a failing run can be made again. */
export interface Rng {
  /** From 0 up to, but not, 1. */
  next(): number
  /** A whole number from 0 up to, but not, `count`. */
  below(count: number): number
  pick<Item>(items: readonly Item[]): Item
  chance(probability: number): boolean
}

export function rngOf(seed: number): Rng {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (count: number): number => Math.floor(next() * count)
  return {
    next,
    below,
    pick: <Item>(items: readonly Item[]): Item => {
      const at = below(items.length)
      for (const item of items.slice(at, at + 1)) return item
      throw new RangeError('nothing to pick from')
    },
    chance: (probability) => next() < probability,
  }
}

/** Lets a few other things of this process go first: how many, chance decides. */
export async function stagger(rng: Rng): Promise<void> {
  for (let turn = rng.below(4); turn > 0; turn--) await Promise.resolve()
  if (rng.chance(0.2)) await new Promise((resolve) => setImmediate(resolve))
}
