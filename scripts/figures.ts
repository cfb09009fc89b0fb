// npm run figures -- NAME [--small] [--seed N]: runs a figure of bench/figures. At full size it writes docs/figures/NAME.json.
import { mkdirSync, writeFileSync } from 'node:fs'
import { arch, cpus, platform, release, totalmem } from 'node:os'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import type { Figure, FigureFile } from '../bench/figures/figure.ts'
import { figuresTables } from './figures-tables.ts'
import { filesUnder, readPackageJson, readText, repository } from './support/check.ts'

const SEED = 20_261_124

export function figureNames(root: string): string[] {
  return filesUnder(root, 'bench/figures')
    .filter((file) => /^bench\/figures\/[\w-]+\.ts$/.test(file) && !file.endsWith('/figure.ts'))
    .map((file) => basename(file, '.ts'))
}

async function load(root: string, name: string): Promise<Figure> {
  const module: { figure?: Figure } = await import(pathToFileURL(join(root, `bench/figures/${name}.ts`)).href)
  if (module.figure?.name !== name) throw new Error(`bench/figures/${name}.ts exports no figure of that name`)
  return module.figure
}

/** Runs a figure and gives what its file holds. */
export async function runFigure(root: string, name: string, size: 'full' | 'small', seed = SEED): Promise<FigureFile> {
  const figure = await load(root, name)
  const { title, peers = [] } = figure
  const { counts, rows } = await figure.run(size, { seed, log: (line) => console.error(`  ${line}`) })
  const installed = peers.map((peer) => [peer, JSON.parse(readText(root, `node_modules/${peer}/package.json`)).version])
  return {
    name,
    title,
    command: `npm run figures -- ${name}${seed === SEED ? '' : ` --seed ${seed}`}`,
    date: new Date().toISOString(),
    seed,
    machine: {
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      system: `${platform()} ${arch()} ${release()}`,
    },
    versions: { node: process.versions.node, holdfast: readPackageJson(root).version, ...Object.fromEntries(installed) },
    counts,
    rows,
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: { small: { type: 'boolean' }, seed: { type: 'string' } }, allowPositionals: true })
  const [name] = positionals
  const names = figureNames(repository)
  if (name === undefined) return console.log(`npm run figures -- NAME [--small] [--seed N], where NAME is one of:\n  ${names.join('\n  ')}`)
  if (!names.includes(name)) throw new Error(`There is no figure "${name}". There are: ${names.join(', ')}`)
  const seed = values.seed === undefined ? SEED : Number(values.seed)
  if (!Number.isSafeInteger(seed)) throw new Error('--seed must be a whole number')
  const file = await runFigure(repository, name, values.small === true ? 'small' : 'full', seed)
  console.table(file.rows)
  console.log(file.counts)
  if (values.small === true) return console.log('Nothing was written: only the full size is worth keeping.')
  mkdirSync(join(repository, 'docs/figures'), { recursive: true })
  writeFileSync(join(repository, `docs/figures/${name}.json`), `${JSON.stringify(file, undefined, 2)}\n`)
  figuresTables(repository, { write: true })
  console.log(`Wrote docs/figures/${name}.json and the tables made of it.`)
}

if (import.meta.main) {
  await main()
  // All is written. What a figure's servers and clients have left to do is nobody's to wait for.
  process.exit()
}
