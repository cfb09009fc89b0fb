/** How the waiters of a hot session come by its lock. */
export const ways = {
  holdfast: 'Holdfast',
  fixed: 'polling every 50 ms',
  exponential: 'polling after 10, 20, 40, 80 and then every 100 ms',
} as const

export type Way = keyof typeof ways

export interface HotRun {
  readonly way: Way
  /** Those who want the session in this process, each again as soon as it had it. */
  readonly waiters: number
  /** What each does while it has the session. 0 is nothing. */
  readonly workMs: number
  /** Nobody begins to wait once one of them is over; who waits then still gets it. */
  readonly atMost: { readonly seconds: number; readonly turnsEach: number }
}

export interface HotResult {
  /** How often they had the session. */
  readonly turns: number
  /** How often each had it before the time was over, and how long that was. */
  readonly inTime: readonly number[]
  readonly seconds: number
  /** From wanting the session to having it, in milliseconds. */
  readonly waits: readonly number[]
  /** How long they had it, without the commands before and after, in milliseconds all in all. */
  readonly heldMs: number
  /** Those who had it before one who had wanted it earlier. */
  readonly outOfTurn: number
}

// What a process with waiters answers, as types that `Protocol` takes.
export type HotProtocol = {
  readonly open: { readonly ask: { readonly url: string; readonly prefix: string }; readonly answer: true }
  /** Makes the session, and answers its id. */
  readonly create: { readonly ask: undefined; readonly answer: string }
  readonly run: { readonly ask: HotRun & { readonly id: string }; readonly answer: HotResult }
  /** What the session counts. */
  readonly count: { readonly ask: { readonly id: string }; readonly answer: number }
}

/** Jain's index: 1 when all have the same, 1 / n when one has everything. */
export function fairness(shares: readonly number[]): number {
  const sum = shares.reduce((all, share) => all + share, 0)
  return sum ** 2 / (shares.length * shares.reduce((all, share) => all + share ** 2, 0))
}
