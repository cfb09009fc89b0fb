import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { SpeedResult, SpeedRun } from './speed.ts'

/** Another runtime, as it is installed here. */
export interface Runtime {
  readonly name: string
  readonly program: string
  /** Before the module. */
  readonly args: readonly string[]
}

const fileOf = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const MODULE = fileOf('bench/seal/speed-process.ts')
const PATIENCE_MS = 600_000

const known: readonly Runtime[] = [
  { name: 'Bun', program: fileOf('node_modules/.bin/bun'), args: [] },
  { name: 'Deno', program: fileOf('node_modules/.bin/deno'), args: ['run', '--allow-all', '--no-check', '--no-lock', '--quiet'] },
]

/** Those that are installed. */
export function installedRuntimes(): Runtime[] {
  return known.filter(({ program }) => existsSync(program))
}

/** Measures ours and the bare cipher in another runtime. */
export async function measureIn({ program, args }: Runtime, run: SpeedRun): Promise<SpeedResult[]> {
  const { stdout } = await promisify(execFile)(program, [...args, MODULE, JSON.stringify(run)], {
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  })
  return JSON.parse(stdout)
}

export async function versionOf({ program }: Runtime): Promise<string> {
  const { stdout } = await promisify(execFile)(program, ['--version'], { timeout: PATIENCE_MS })
  return /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? 'of an unknown version'
}
