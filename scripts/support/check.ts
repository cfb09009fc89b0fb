import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** What a check found under a root folder: nothing wrong when `problems` is empty. */
export interface CheckResult {
  /** What was looked at, in a few words, for the line that is printed on success. */
  readonly summary: string
  /** One line each, beginning with the culprit. */
  readonly problems: readonly string[]
}

export type Check = (root: string) => CheckResult | Promise<CheckResult>

/** This repository. */
export const repository: string = join(import.meta.dirname, '../..')

/** Runs a check on this repository as a program: one line on success, one line a problem on failure. */
export async function runCheck(name: string, check: Check): Promise<void> {
  const { summary, problems } = await check(repository)
  if (problems.length === 0) return console.log(`${name}: ${summary}`)
  for (const problem of problems) console.error(`${name}: ${problem}`)
  process.exitCode = 1
}

const GENERATED = new Set([
  'node_modules',
  'dist',
  'build',
  'coverage',
  'var',
  '.git',
  '.next',
  '.nitro',
  '.output',
  '.react-router',
  '.svelte-kit',
])

/** The files under a folder, generated ones excepted, as paths from `root` with forward slashes, sorted. None when there is no such folder. */
export function filesUnder(root: string, folder = '.'): string[] {
  const files: string[] = []
  for (const entry of readFolder(join(root, folder))) {
    const path = folder === '.' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory() && !GENERATED.has(entry.name)) files.push(...filesUnder(root, path))
    if (entry.isFile()) files.push(path)
  }
  return files.toSorted()
}

function readFolder(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch {
    return []
  }
}

export function readText(root: string, path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** What the checks read of `package.json`. */
export interface PackageJson {
  readonly name: string
  readonly version: string
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

export function readPackageJson(root: string): PackageJson {
  return JSON.parse(readText(root, 'package.json'))
}

/** The name of the package that an import specifier such as `@scope/name/sub` belongs to. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
