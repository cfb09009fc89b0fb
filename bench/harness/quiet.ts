/** What is known of one slice: how many CPUs strangers kept busy meanwhile, and what was measured. */
export interface Metered {
  readonly strangers: number
}

/** The half of the slices in which strangers used least of the machine; of one slice, that one. */
export function quieterHalf<Slice extends Metered>(slices: readonly Slice[]): Slice[] {
  return slices.toSorted((one, other) => one.strangers - other.strangers).slice(0, Math.ceil(slices.length / 2))
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length / 2
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle) - 1] ?? Number.NaN)) / 2
}

/** Rounds as a figure shows it: to so many significant digits. */
export function shown(value: number, digits = 3): number {
  return Number(value.toPrecision(digits))
}
