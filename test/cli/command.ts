import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { onTestFinished } from 'vitest'

/** What a command said, and how it ended. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly ended: Promise<Ended>
  readonly signal: (signal: NodeJS.Signals) => void
  /** Resolves when the error output has this in it. */
  readonly saw: (text: string) => Promise<void>
}

export interface CommandOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** What is typed. */
  readonly input?: string
  /** Or only once the output has this in it. */
  readonly inputAfter?: string
  /** Arguments of Node's own, before the command. */
  readonly node?: readonly string[]
}

export const MAIN = resolve('src/cli/main.ts')

/** Runs the real command in a process of its own, away from any terminal. */
export function holdfast(args: readonly string[], options: CommandOptions): Promise<Ended> {
  return startHoldfast(args, options).ended
}

export function startHoldfast(args: readonly string[], { cwd, env = {}, input = '', node = [] }: CommandOptions): Running {
  return start(process.execPath, [...node, MAIN, ...args], { cwd, env, input })
}

/** Runs it on a terminal: what it writes comes as one text. */
export function onTerminal(args: readonly string[], { cwd, env = {}, input = '', inputAfter = '' }: CommandOptions): Promise<Ended> {
  const line = [process.execPath, MAIN, ...args].map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ')
  return start('script', ['-qec', line, '/dev/null'], { cwd, env, input, inputAfter }).ended
}

/** A folder for an application, removed after the test, with these files in it. */
export function newApp(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFiles(folder, files)
  return folder
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

/** The files of an application with this configuration. */
export function configFile(config: object): Readonly<Record<string, string>> {
  return { 'config/session.json': JSON.stringify(config) }
}

const COMPILED = join(tmpdir(), 'holdfast-cli-compiled')

/** Everything that commands said in a test: to search it for secrets. */
export const said: string[] = []

function start(
  command: string,
  args: readonly string[],
  { cwd, env, input, inputAfter = '' }: Omit<Required<CommandOptions>, 'node' | 'inputAfter'> & { readonly inputAfter?: string },
): Running {
  const child = spawn(command, args, { cwd, env: surroundings(env) })
  let stdout = ''
  let stderr = ''
  let look = (): void => undefined
  let isTyped = inputAfter === ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    if (isTyped || !stdout.includes(inputAfter)) return
    isTyped = true
    child.stdin.write(input)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    look()
  })
  child.stdin.on('error', () => undefined)
  if (input === '') child.stdin.end()
  else if (isTyped) child.stdin.write(input)
  const ended = new Promise<Ended>((done, failed) => {
    child.on('error', failed)
    child.on('close', (code) => {
      child.stdin.end()
      said.push(stdout, stderr)
      done({ code, stdout, stderr })
    })
  })
  return {
    ended,
    signal: (signal) => child.kill(signal),
    saw: (text) =>
      new Promise((done) => {
        look = () => {
          if (stderr.includes(text)) done()
        }
        look()
      }),
  }
}

/** Those of the tests, without what they have for themselves. What was compiled once need not be again: these tests start the command very often. */
function surroundings(env: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const own = { ...process.env, NODE_COMPILE_CACHE: COMPILED }
  for (const name of ['NODE_OPTIONS', 'NODE_ENV']) Reflect.deleteProperty(own, name)
  return Object.assign(own, env)
}

/** A module that stops the command as soon as it can be. */
export const STOP_AT_ONCE = `data:text/javascript,${encodeURIComponent(`
process.on('newListener', (name) => {
  if (name === 'SIGINT') setImmediate(() => process.kill(process.pid, 'SIGINT'))
})`)}`
