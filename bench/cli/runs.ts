import { type CommandRun, RunningCommand } from './installed.ts'
import type { Relay } from './relay.ts'

/** Where the command is, and the folders of applications whose configurations lead to the store. */
export interface Desk {
  readonly main: string
  readonly straight: string
  readonly throughRelay: string
  readonly relay: Relay
}

/** A run that was stopped, and how soon it was. */
export interface StoppedRun extends CommandRun {
  /** From the signal to its end. */
  readonly afterMs: number
}

const STOPPED = 130

/** Runs it, and kills it when it has asked for so many bytes. @throws {Error} When it is over before. */
export async function killedRun(desk: Desk, args: readonly string[], bytes: number): Promise<CommandRun> {
  const run = await signalledRun(desk, args, bytes, 'SIGKILL')
  if (run.signal !== 'SIGKILL') throw new Error(`${args.join(' ')} was over before it was killed: ${said(run)}`)
  return run
}

/** The same with Ctrl-C. @throws {Error} When it does not end with the code of a command that was stopped. */
export async function stoppedRun(desk: Desk, args: readonly string[], bytes: number): Promise<StoppedRun> {
  const run = await signalledRun(desk, args, bytes, 'SIGINT')
  if (run.code !== STOPPED) throw new Error(`${args.join(' ')} did not end as one that was stopped: ${said(run)}`)
  return run
}

/** Goes on with one that was stopped, by the words that it said. @throws {Error} When it said none, or the run fails. */
export async function restOf({ main, straight }: Desk, stopped: CommandRun): Promise<CommandRun> {
  const [, words] = /: holdfast (.+)$/m.exec(stopped.stdout) ?? []
  if (words === undefined) throw new Error(`it does not say how to go on: ${said(stopped)}`)
  const args = words.split(' ').map((word) => word.replace(/^'(.*)'$/, '$1'))
  const run = await new RunningCommand([main, ...args], straight).ended
  if (run.code !== 0) throw new Error(`${args.join(' ')} failed: ${said(run)}`)
  return run
}

/** The number in front of these words, as people are shown it. */
export function numberBefore(words: string, { stdout }: CommandRun): number {
  const [, digits] = new RegExp(`([\\d,]+) ${words}`).exec(stdout) ?? []
  if (digits === undefined) throw new Error(`no number before '${words}' in: ${stdout}`)
  return Number(digits.replaceAll(',', ''))
}

async function signalledRun(
  { main, throughRelay, relay }: Desk,
  args: readonly string[],
  bytes: number,
  signal: NodeJS.Signals,
): Promise<StoppedRun> {
  let at = Number.NaN
  const command = new RunningCommand([main, ...args], throughRelay)
  relay.after(bytes, () => {
    at = performance.now()
    command.kill(signal)
  })
  const run = await command.ended
  return { ...run, afterMs: performance.now() - at }
}

function said({ code, stdout, stderr }: CommandRun): string {
  return `${code}: ${stdout.slice(0, 500)}${stderr.slice(0, 500)}`
}
