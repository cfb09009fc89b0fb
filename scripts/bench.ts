// npm run bench [-- NAME ...]: measures what docs/benchmarks.md shows, or those of its figures that are named, and writes the page's tables.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { readText, repository } from './support/check.ts'

const PAGE = 'docs/benchmarks.md'

/** The figures whose tables a page shows, in its order. */
export function figuresOf(page: string): string[] {
  return [...page.matchAll(/<!-- figures:([\w-]+) -->/g)].map(([, name = '']) => name)
}

function main(): void {
  const all = figuresOf(readText(repository, PAGE))
  const named = process.argv.slice(2)
  const unknown = named.filter((name) => !all.includes(name))
  if (unknown.length > 0) {
    console.error(`${PAGE} shows no ${unknown.join(', ')}. It shows: ${all.join(', ')}`)
    process.exit(2)
  }
  for (const name of named.length === 0 ? all : named) {
    // Each in a process of its own, which writes its file when it is done: what fails later takes nothing of it away.
    const { status } = spawnSync(process.execPath, [join(repository, 'scripts/figures.ts'), name], { stdio: 'inherit' })
    if (status !== 0)
      throw new Error(`${name} failed. When it is mended, go on with: npm run bench -- ${all.slice(all.indexOf(name)).join(' ')}`)
  }
}

if (import.meta.main) main()
