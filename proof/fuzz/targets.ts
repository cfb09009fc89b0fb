import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { repository } from '../../scripts/support/check.ts'
import type { Target } from './target.ts'

const FOLDER = 'proof/fuzz/targets'

/** One file a target, and nothing else there. */
export const targetNames: readonly string[] = readdirSync(join(repository, FOLDER))
  .map((file) => basename(file, '.ts'))
  .toSorted()

/** Where a target is, from the root. A path that is given as its name is that of a file elsewhere. */
export function fileOf(name: string): string {
  return name.endsWith('.ts') ? name : `${FOLDER}/${name}.ts`
}

export async function loadTarget(name: string): Promise<Target> {
  const isKnown = targetNames.includes(name) || name.endsWith('.ts')
  const module: { readonly target?: Target } = isKnown ? await import(pathToFileURL(join(repository, fileOf(name))).href) : {}
  if (module.target === undefined) throw new Error(`There is no target '${name}'. There are: ${targetNames.join(', ')}.`)
  return module.target
}
