/** Does something so many times, some at once. */
export async function inLanes(times: number, atOnce: number, job: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < times) await job(next++)
  }
  await Promise.all(Array.from({ length: Math.min(times, atOnce) }, lane))
}

/** Gives others so many turns. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** A random whole number from 0 to one less than the bound. */
export function below(bound: number, random: () => number): number {
  return Math.floor(random() * bound)
}

export function anyOf<Item>(items: readonly [Item, ...Item[]], random: () => number): Item {
  return items[below(items.length, random)] ?? items[0]
}
