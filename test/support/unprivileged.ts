import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** The module that `runUnprivileged` runs. Its results travel as JSON. */
export interface UnprivilegedModule {
  /** Runs with the rights of the test run: loads what an ordinary user may not be able to read, and makes what it cannot make. */
  readonly prepare?: (...args: string[]) => unknown
  /** Runs as an ordinary user, whom file permissions bind. */
  readonly run: (...args: string[]) => unknown
}

/**
 * Runs a module's `run` in a process of an ordinary user: as `nobody` when the tests run as root, whom no permission stops, else
 * as whoever runs them. Load every module in the file's import lines or in `prepare`: the checkout may lie where `nobody` cannot read.
 *
 * @param module URL of a file that exports `run`, and perhaps `prepare`: see `UnprivilegedModule`.
 * @returns What `run` gave. What it threw comes as an error with its message in it.
 */
export async function runUnprivileged(module: URL, ...args: string[]): Promise<unknown> {
  const child = fileURLToPath(new URL('unprivileged-child.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [child, module.href, ...args])
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? 'null')
}
