import { vi } from 'vitest'
import type { FigureFile } from '../../bench/figures/figure.ts'
import { runFigure } from '../../scripts/figures.ts'
import { repository } from '../../scripts/support/check.ts'

/** Runs the small size of a figure, without its talk. */
export function smallFigure(name: string): Promise<FigureFile> {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  return runFigure(repository, name, 'small')
}

/** Those counts of a figure that begin with a name and a colon, without that. */
export function countsOf({ counts }: FigureFile, name: string): Record<string, number> {
  const own = Object.entries(counts).filter(([count]) => count.startsWith(`${name}: `))
  return Object.fromEntries(own.map(([count, value]) => [count.slice(name.length + 2), value]))
}
