/** A row of a figure's table: its columns, in their order, are the names. Round a number here as it should be read. */
export type FigureRow = Readonly<Record<string, string | number>>

export interface FigureOptions {
  /** What every random choice of the run comes from, so that the counts can be made again. */
  readonly seed: number
  /** Tells the one who waits how far it is. */
  readonly log: (line: string) => void
}

export interface FigureResult {
  /** What was counted, raw: tests assert these at the small size. Never a time that a test depends on. */
  readonly counts: Readonly<Record<string, number>>
  /** What the table in the docs shows. */
  readonly rows: readonly FigureRow[]
}

/**
 * A figure that the docs show and that anyone can make again. `bench/figures/NAME.ts` exports it as `figure`;
 * `npm run figures -- NAME` runs the full size and writes `docs/figures/NAME.json`; tests run the small one.
 */
export interface Figure {
  /** The name of its file. */
  readonly name: string
  /** What it shows, in a line. */
  readonly title: string
  /** Packages whose versions belong into the result. Holdfast and Node are there anyway. */
  readonly peers?: readonly string[]
  run(size: 'full' | 'small', options: FigureOptions): Promise<FigureResult>
}

/** Counts of one among several, each under its name. */
export function named(name: string, counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([count, value]) => [`${name}: ${count}`, value]))
}

/** `docs/figures/NAME.json`. */
export interface FigureFile extends FigureResult {
  readonly name: string
  readonly title: string
  readonly command: string
  /** ISO 8601. */
  readonly date: string
  readonly seed: number
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memoryGiB: number; readonly system: string }
  readonly versions: Readonly<Record<string, string>>
}
