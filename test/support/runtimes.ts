import { execFile, spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '../..')

/** The runtimes that run a file of TypeScript as it is. */
export type RuntimeName = 'node-22' | 'node-24' | 'node-26' | 'bun' | 'deno'

/** How a program is started: the command, and what stands before the name of the file. */
export interface Runtime {
  readonly name: RuntimeName
  readonly command: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
}

const BIN = join(root, 'node_modules/.bin')
// What the library needs, and nothing of the network's: a module that is not there is not fetched.
const DENO_ARGS = ['run', '--no-prompt', '--no-lock', '--cached-only']
/** What the file driver needs of Deno; `--allow-ffi` is for its locks. */
export const DENO_FILES: readonly string[] = ['--allow-ffi', '--allow-read', '--allow-write', '--allow-sys']

/** Finds a runtime. The Nodes that npm did not install with everything else are installed now, into `var/runtimes`. */
export async function findRuntime(name: RuntimeName, denoArgs: readonly string[] = ['--allow-all']): Promise<Runtime> {
  switch (name) {
    case 'bun':
      return { name, command: join(BIN, 'bun'), args: ['--no-install'], env: process.env }
    case 'deno': {
      const env = { ...process.env, DENO_NO_UPDATE_CHECK: '1', DENO_DIR: join(root, 'var/runtimes/deno') }
      return { name, command: denoItself(), args: [...DENO_ARGS, ...denoArgs], env }
    }
    case 'node-24':
      return { name, command: join(root, 'node_modules/node/bin/node'), args: [], env: process.env }
    case 'node-22':
    case 'node-26':
      return { name, command: await installedNode(name), args: ['--disable-warning=ExperimentalWarning'], env: process.env }
  }
}

/** Starts a program. The caller ends it. */
export function startProgram(
  { command, args, env }: Runtime,
  program: string,
  programArgs: readonly string[] = [],
): ChildProcessWithoutNullStreams {
  return spawn(command, [...args, program, ...programArgs], { env })
}

/** Runs a program to its end, and answers with what it printed. */
export async function runProgram(
  { command, args, env }: Runtime,
  program: string,
  programArgs: readonly string[] = [],
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return promisify(execFile)(command, [...args, program, ...programArgs], { env, maxBuffer: 10_000_000 })
}

/** The program itself. What npm puts among the commands is one that starts it, and that it outlives when it is killed. */
function denoItself(): string {
  const api: unknown = createRequire(import.meta.url)('deno/install_api.cjs')
  const { runInstall }: { readonly runInstall?: () => unknown } = Object(api)
  return String(runInstall?.())
}

/** A Node of the package that `test/runtimes/NAME` pins. */
async function installedNode(name: 'node-22' | 'node-26'): Promise<string> {
  const folder = join(root, 'var/runtimes', name)
  const node = join(folder, 'node_modules/node/bin/node')
  const pinned = join(root, 'test/runtimes', name)
  const isThere = (): boolean => existsSync(node) && versionIn(folder) === versionIn(pinned)
  if (isThere()) return node
  // It gets its place only when it is whole.
  const fresh = `${folder}.${process.pid}`
  mkdirSync(join(root, 'var/runtimes'), { recursive: true })
  cpSync(pinned, fresh, { recursive: true })
  try {
    await promisify(execFile)('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', fresh], { cwd: fresh })
    // Another test file may have been faster, and run it already.
    if (!isThere()) {
      rmSync(folder, { recursive: true, force: true })
      renameSync(fresh, folder)
    }
  } catch (error) {
    if (!isThere()) throw new Error(`${name} could not be installed (npm ci in test/runtimes/${name})`, { cause: error })
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
  return node
}

function versionIn(folder: string): unknown {
  const { packages }: { readonly packages: Readonly<Record<string, { readonly version?: string }>> } = JSON.parse(
    readFileSync(join(folder, 'package-lock.json'), 'utf8'),
  )
  return packages['node_modules/node']?.version
}
