import type { Reached } from './coverage.ts'
import type { Found } from './found.ts'

/** What a process is asked to do. */
export interface Job {
  /** A target of `proof/fuzz/targets`, or the path of a file that is one. */
  readonly name: string
  /** Whether to try the one with the mistake. */
  readonly mistaken: boolean
  readonly seed: number
  readonly corpus: readonly Uint8Array[]
  /** It ends after so many executions or so many seconds, whichever comes first. The corpus is tried in any case. */
  readonly executions: number
  readonly seconds: number
  /** So many different findings are enough. */
  readonly mostFound: number
  /** So long one input is waited for. */
  readonly hangsAfterSeconds: number
  /** See `Window`. */
  readonly windowPath: string
}

/** What came of it. */
export interface Outcome {
  readonly executions: number
  readonly seconds: number
  /** What of the corpus reached what none before had. */
  readonly covering: readonly Uint8Array[]
  /** What else did. */
  readonly kept: readonly Uint8Array[]
  readonly found: readonly Found[]
  /** Of the target's sources. */
  readonly reached: Reached
}
