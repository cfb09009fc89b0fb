// The process of guard.ts: waits until the one that started it is gone, then ends and removes what that left behind.
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GuardOrder } from './guard.ts'

const TRIES = 100
const watched = { process: new Set<number | string>(), folder: new Set<number | string>() }

for await (const line of createInterface({ input: process.stdin })) {
  const { kind, id, watch }: GuardOrder = JSON.parse(line)
  if (watch) watched[kind].add(id)
  else watched[kind].delete(id)
}
const processes = [...watched.process].map(Number)
for (const pid of processes) signal(pid, 'SIGKILL')
// A process that is just being killed may still make a file.
for (let tries = 0; tries < TRIES && processes.some((pid) => signal(pid, 0)); tries++) await sleep(20)
for (const folder of watched.folder) rmSync(String(folder), { recursive: true, force: true, maxRetries: 5 })

/** Whether there is such a process. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}
