import { vi } from 'vitest'
import type { FigureFile } from '../../bench/figures/figure.ts'
import { runFigure } from '../../scripts/figures.ts'
import { repository } from '../../scripts/support/check.ts'

/** Runs the small size of a figure, without its talk. */
export function smallFigure(name: string): Promise<FigureFile> {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  return runFigure(repository, name, 'small')
}
