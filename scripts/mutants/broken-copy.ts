// A copy of the tree that one thing at a time is taken out of. The tree itself is never touched.
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readText } from '../support/check.ts'
import type { MutantEdit } from './mutant.ts'

/** What of the tree its tests and its proof need. */
export const ALL_PARTS = [
  'src',
  'test',
  'scripts',
  'examples',
  'proof',
  'bench',
  'package.json',
  'tsconfig.json',
  'tsconfig.check.json',
  'vitest.config.ts',
]

/** What is there to take out that is not, or not once, where it is said to be. */
export function misplacedEdits(root: string, name: string, edits: readonly MutantEdit[]): string[] {
  return edits.flatMap(({ file, text, without }) => {
    const times = readText(root, file).split(text).length - 1
    if (times === 1 && text !== without) return []
    return [`${name}: its text stands ${times} times in ${file}, and must stand there once: ${text.trim()}`]
  })
}

export class BrokenCopy implements Disposable {
  readonly root: string

  /** @param parts Files and folders of the tree that are copied. What is installed is shared. */
  constructor(root: string, parts: readonly string[]) {
    this.root = mkdtempSync(join(tmpdir(), 'holdfast-mutants-'))
    for (const part of parts) cpSync(join(root, part), join(this.root, part), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(this.root, 'node_modules'), 'junction')
  }

  /** Does something while the edits are made. */
  async without<Result>(edits: readonly MutantEdit[], work: () => Promise<Result>): Promise<Result> {
    const before = edits.map(({ file }) => [join(this.root, file), readText(this.root, file)] as const)
    try {
      for (const { file, text, without } of edits) {
        const changed = readText(this.root, file).replace(text, () => without)
        writeFileSync(join(this.root, file), changed)
      }
      return await work()
    } finally {
      for (const [path, text] of before) writeFileSync(path, text)
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}
