import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { readText, repository } from '../../../scripts/support/check.ts'

/** A running demo. */
export interface Demo {
  readonly origin: string
  readonly pid: number
  /** Waits until it has written to its error output. */
  complains(): Promise<unknown>
  /** Tells it to stop, and answers when all its processes have ended. */
  stop(): Promise<Ended>
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Makes an empty folder to start a demo in: its sessions go below it. */
export function demoFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'holdfast-demo-'))
}

export function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true })
}

/** What the demo is told by its environment. */
export type DemoSettings = Readonly<Record<string, string>>

/** Starts the demo by the command of `npm start`, on a free port. */
export async function startDemo(folder: string, settings: DemoSettings = {}): Promise<Demo> {
  const { child, ended, firstLine } = runDemo(folder, { PORT: '0', ...settings })
  const line = await Promise.race([firstLine, ended.then(({ stderr }) => Promise.reject(new Error(`The demo ended: ${stderr}`)))])
  const origin = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0]
  if (origin === undefined || child.pid === undefined) throw new Error(`The demo said: ${line}`)
  const stop = (): Promise<Ended> => {
    child.kill('SIGTERM')
    return ended
  }
  return { origin, pid: child.pid, complains: () => once(child.stderr, 'data'), stop }
}

/** Ends every demo that a test has left running. */
export async function killDemos(): Promise<void> {
  const ends = [...running].map(([child, ended]) => {
    child.kill('SIGKILL') // the server processes end with the front process
    return ended
  })
  await Promise.all(ends)
}

/** Runs the demo until it ends by itself. */
export function runDemoToItsEnd(folder: string, settings: DemoSettings): Promise<Ended> {
  return runDemo(folder, settings).ended
}

interface Run {
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  readonly ended: Promise<Ended>
  readonly firstLine: Promise<string>
}

const running = new Map<Run['child'], Promise<Ended>>()

function runDemo(folder: string, settings: DemoSettings): Run {
  const [command, ...args] = startCommand()
  if (command !== 'node') throw new Error(`npm start runs '${command}'`)
  const env = { ...process.env, ...settings }
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8')
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  const firstLine = new Promise<string>((done) => {
    child.stdout.on('data', (text: string) => {
      output.stdout += text
      if (output.stdout.includes('\n')) done(output.stdout)
    })
  })
  // `close`, not `exit`: it comes when the server processes, which share the output, have ended too.
  const ended = once(child, 'close').then(([code]: (number | null)[]) => ({ code: code ?? null, ...output }))
  running.set(child, ended)
  void ended.then(() => running.delete(child))
  return { child, ended, firstLine }
}

function startCommand(): string[] {
  const { scripts }: { scripts: { start: string } } = JSON.parse(readText(repository, 'package.json'))
  return scripts.start.split(' ').map((word) => (word.includes('/') ? resolve(repository, word) : word))
}
