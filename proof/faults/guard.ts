import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** What the guard is told, one line of JSON each. */
export interface GuardOrder {
  /** A family is a process with those that it has started itself. Shared memory is System V's, which outlives who made it. */
  readonly kind: 'process' | 'family' | 'folder' | 'memory'
  readonly id: number | string
  readonly watch: boolean
}

let guard: Writable | undefined

/** Sees to it that a process ends when this one ends, in whatever way: also by SIGKILL, when no code of ours runs any more. */
export function guardProcess(pid: number, kind: 'process' | 'family' = 'process'): void {
  order({ kind, id: pid, watch: true })
}

/** To be called once the process has ended: its number may then become another's. */
export function releaseProcess(pid: number, kind: 'process' | 'family' = 'process'): void {
  order({ kind, id: pid, watch: false })
}

/** Makes a temporary folder that does not outlive this process. */
export function makeGuardedFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `holdfast-${name}-`))
  order({ kind: 'folder', id: folder, watch: true })
  return folder
}

/** Removes such a folder before that. */
export function removeGuardedFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  order({ kind: 'folder', id: folder, watch: false })
}

/** Sees to it that shared memory is removed when this process ends: a killed program leaves its own behind. */
export function guardMemory(id: number): void {
  order({ kind: 'memory', id, watch: true })
}

/** Removes it before that. Nothing happens when it is already gone. */
export function removeGuardedMemory(id: number): void {
  removeMemory(id)
  order({ kind: 'memory', id, watch: false })
}

export function removeMemory(id: number | string): void {
  spawnSync('ipcrm', ['-m', String(id)], { stdio: 'ignore' })
}

function order(message: GuardOrder): void {
  guard ??= startGuard()
  guard.write(`${JSON.stringify(message)}\n`)
}

/** One process for all. It holds the end of a pipe that the system closes when this process is gone, and then cleans up. */
function startGuard(): Writable {
  const script = fileURLToPath(new URL('guard-process.ts', import.meta.url))
  // Detached: Ctrl-C in a terminal ends all that runs there, and must not end this.
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'ignore', 'inherit'], detached: true })
  child.unref()
  child.stdin.on('error', () => {})
  if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref()
  return child.stdin
}
