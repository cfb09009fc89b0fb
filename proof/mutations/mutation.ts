import type { MutantEdit } from '../../scripts/mutants/mutant.ts'
import type { DriverName } from '../run/drivers.ts'

/** Who is to notice. */
export type Judge =
  /** A run of the proof, with these faults, or with all that make sense over the store. */
  | { readonly by: 'proof'; readonly driver: DriverName; readonly faults?: readonly string[] }
  /** Tests, where what goes wrong shows in no answer that a client gets, or only where a fault meets a moment that it would not find in hours. */
  | { readonly by: 'tests'; readonly files: readonly string[] }

/** Something that the library does right, done wrong. */
export interface Mutation {
  /** What it does wrong. */
  readonly name: string
  readonly edits: readonly MutantEdit[]
  readonly judge: Judge
}

export function proof(driver: DriverName, ...faults: readonly string[]): Judge {
  return faults.length === 0 ? { by: 'proof', driver } : { by: 'proof', driver, faults }
}

export function tests(...files: readonly string[]): Judge {
  return { by: 'tests', files }
}

export function edit(file: string, text: string, without: string): MutantEdit {
  return { file, text, without }
}

/** One edit in one file. */
export function mutation(name: string, judge: Judge, file: string, text: string, without: string): Mutation {
  return { name, judge, edits: [edit(file, text, without)] }
}
