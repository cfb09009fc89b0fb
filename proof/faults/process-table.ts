import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

interface Entry {
  readonly pid: number
  readonly parent: number
  /** One letter: `T` for one that stands still, `Z` for one that has ended and that nobody has asked for yet. */
  readonly state: string
}

/** Whether there is no such process any more, or nothing of it but its exit code. */
export function isGone(pid: number): boolean {
  const state = entryOf(pid)?.state
  return state === undefined || state === 'Z' || state === 'X'
}

/** Whether it stands still, with each of its threads. */
export function isStopped(pid: number): boolean {
  const tasks = `/proc/${pid}/task`
  if (!hasProc) return entryOf(pid)?.state === 'T'
  return readdirSync(tasks).every((task) => entryIn(`${tasks}/${task}`)?.state === 'T')
}

/** The processes that this one has started itself and that run or stand still. */
export function childrenOf(pid: number): number[] {
  return all()
    .filter(({ parent, state }) => parent === pid && state !== 'Z' && state !== 'X')
    .map((entry) => entry.pid)
}

/** Sends a signal. Nothing happens when the process has ended meanwhile. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // There is no such process.
  }
}

const hasProc = existsSync('/proc/self/stat')

function entryOf(pid: number): Entry | undefined {
  return hasProc ? entryIn(`/proc/${pid}`) : listed('-p', String(pid))[0]
}

function all(): Entry[] {
  if (!hasProc) return listed('-A')
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map((pid) => entryIn(`/proc/${pid}`)).filter((entry) => entry !== undefined)
}

function entryIn(folder: string): Entry | undefined {
  try {
    // The state stands behind the name, which is in parentheses and may itself have some.
    const [, pid, state = '', parent] = /^(\d+) .*\) (\S) (\d+) [^)]*$/s.exec(readFileSync(`${folder}/stat`, 'utf8')) ?? []
    return pid === undefined ? undefined : { pid: Number(pid), parent: Number(parent), state }
  } catch {
    return undefined
  }
}

function listed(...which: string[]): Entry[] {
  const lines = spawnSync('ps', [...which, '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' }).stdout.split('\n')
  return lines.flatMap((line) => {
    const [pid, parent, state] = line.trim().split(/\s+/)
    return state === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), state: state.charAt(0) }]
  })
}
