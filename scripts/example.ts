// npm run example -- NAME: builds this package into an example as npm would install it, and starts the example. Everything else it needs is installed here already.
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { readText, repository } from './support/check.ts'

/** The folders in `examples` that are applications of their own. */
export function exampleNames(root: string): string[] {
  const folders = readdirSync(join(root, 'examples'))
  return folders.filter((name) => existsSync(join(root, 'examples', name, 'package.json'))).toSorted()
}

/** Builds the package where an example finds it, before whatever else is called so. */
export function installPackage(root: string, example: string): void {
  buildPackage(root, join(root, 'examples', example, 'node_modules/holdfast'))
}

/** Builds the package into a folder, which it has for itself. */
export function buildPackage(root: string, folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  cpSync(join(root, 'package.json'), join(folder, 'package.json'))
  const args = ['-p', join(root, 'tsconfig.json'), '--outDir', join(folder, 'dist'), '--sourceMap', 'false', '--declarationMap', 'false']
  const { status, stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`The package does not compile: ${stdout}`)
}

/** The scripts of an example that are there, of these. */
export function scriptsOf(root: string, example: string, wanted: readonly string[]): string[] {
  const { scripts = {} }: { scripts?: Readonly<Record<string, string>> } = JSON.parse(readText(root, `examples/${example}/package.json`))
  return wanted.filter((name) => name in scripts)
}

async function start(example: string | undefined): Promise<number> {
  const names = exampleNames(repository)
  if (example === undefined || !names.includes(example)) {
    console.error(`Say which example: npm run example -- ${names.join(' | ')}`)
    return 1
  }
  installPackage(repository, example)
  for (const script of scriptsOf(repository, example, ['build', 'start'])) {
    const child = spawn('npm', ['run', script], { cwd: join(repository, 'examples', example), stdio: 'inherit' })
    const code = await new Promise<number>((done) => child.once('exit', (status) => done(status ?? 1)))
    if (code !== 0) return code
  }
  return 0
}

if (import.meta.main) process.exitCode = await start(process.argv[2])
