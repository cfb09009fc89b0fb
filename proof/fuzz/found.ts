import { Broken } from './target.ts'

/** What an input does that none may do. */
export interface Failure {
  /** The same for all inputs that do the same. */
  readonly kind: string
  readonly details: string
}

export interface Found extends Failure {
  /** What does it: one input, or several in their order. */
  readonly inputs: readonly Uint8Array[]
}

/** A place in the sources: what two inputs that fail there have in common. */
const FRAME = /(?:src|proof\/fuzz\/targets|node_modules)\/[\w./@-]+:\d+/
const LONGEST = 2000

export function failureOf(error: unknown): Failure {
  if (error instanceof Broken) return { kind: error.message, details: error.details.slice(0, LONGEST) }
  if (!(error instanceof Error)) return { kind: 'throws what is no error', details: String(error) }
  const stack = error.stack ?? error.message
  return { kind: `${error.name}, thrown at ${FRAME.exec(stack)?.[0] ?? 'an unknown place'}`, details: stack.slice(0, LONGEST) }
}
