/** A guard taken out of the sources, to see that a test notices. */
export interface Mutant {
  /** What the guard does. */
  readonly guard: string
  /** Where it stands: more than one place, where two stand behind each other. */
  readonly edits: readonly MutantEdit[]
  /** The tests that are likely to notice, below `test/security`: they are run first, and all others only if none of them fails. */
  readonly likely: readonly string[]
}

export interface MutantEdit {
  readonly file: string
  /** Its exact text, which stands there once. */
  readonly text: string
  readonly without: string
}

/** A guard that stands in one place. */
export function guardIn(guard: string, file: string, text: string, without: string, ...likely: string[]): Mutant {
  return { guard, edits: [{ file, text, without }], likely }
}
