import type { Lane } from '../harness/bench.ts'

/** One of those that are compared. */
export interface Contender {
  readonly label: string
  /** `bench/servers/NAME.ts`. */
  readonly server: string
  /** Of the CPU that the peer adds to the bare handler, at most. */
  readonly goal?: number
}

/** A framework and a store: the bare handler, the peer, and Holdfast. */
export interface Pair {
  /** Such as `Express, Redis`. */
  readonly title: string
  /** The same handler without sessions. */
  readonly bare: Contender
  readonly peer: Contender
  readonly ours: readonly Contender[]
  /** How many processes share the store when updates may be lost. */
  readonly processes: 1 | 2
}

/** What is asked for: a session that is read and written, and one that is only read. */
export const WORKLOADS = [
  { name: 'changed', path: '/write', expected: 'next' },
  { name: 'unchanged', path: '/read', expected: 'same' },
] as const

export type Workload = (typeof WORKLOADS)[number]['name']

/** Who has sessions: the peer first. */
export function contendersOf({ peer, ours }: Pair): readonly Contender[] {
  return [peer, ...ours]
}

/** The bare handler, and after it the contenders with each of the workloads. */
export function lanesOf(pair: Pair): Lane[] {
  const { label, server } = pair.bare
  const lanes = WORKLOADS.flatMap(({ path, expected }) => contendersOf(pair).map((one) => ({ ...one, path, expected })))
  return [{ label, server, path: '/write', expected: 'none' }, ...lanes]
}
