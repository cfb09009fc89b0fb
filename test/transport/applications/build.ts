import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'

const REPOSITORY = join(import.meta.dirname, '../../..')

/** An application that was built by its own tool. */
export interface Built {
  /** The folder into which its tool was told to build, by `HOLDFAST_BUILD`. */
  readonly folder: string
}

/** Builds an application of this folder before all tests of a file, and takes it away behind them. */
export function builtApplication(name: string, command: readonly [string, ...string[]]): Built {
  const parent = join(REPOSITORY, 'var')
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, `${name}-`))
  const [tool, ...args] = command
  beforeAll(() => run(join(REPOSITORY, 'node_modules/.bin', tool), args, join(import.meta.dirname, name), folder), 600_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return { folder }
}

function run(tool: string, args: readonly string[], cwd: string, folder: string): Promise<void> {
  const path = [dirname(process.execPath), process.env['PATH']].join(':')
  const env: NodeJS.ProcessEnv = { ...process.env, PATH: path, NODE_ENV: 'production', HOLDFAST_BUILD: folder }
  return new Promise((resolve, reject) => {
    execFile(tool, args, { cwd, env }, (error, stdout, stderr) => {
      if (error === null) resolve()
      else reject(new Error(`'${tool}' failed:\n${stdout}\n${stderr}`))
    })
  })
}
