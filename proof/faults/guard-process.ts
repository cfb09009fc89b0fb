// The process of guard.ts: waits until the one that started it is gone, then ends and removes what that left behind.
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { type GuardOrder, removeMemory } from './guard.ts'
import { childrenOf, isGone, sendSignal } from './process-table.ts'

const TRIES = 100
const watched = {
  process: new Set<number | string>(),
  family: new Set<number | string>(),
  folder: new Set<number | string>(),
  memory: new Set<number | string>(),
}

for await (const line of createInterface({ input: process.stdin })) {
  const { kind, id, watch }: GuardOrder = JSON.parse(line)
  if (watch) watched[kind].add(id)
  else watched[kind].delete(id)
}
const parents = [...watched.family].map(Number)
// Who stands still starts no further ones.
for (const pid of parents) sendSignal(pid, 'SIGSTOP')
const processes = [...[...watched.process].map(Number), ...parents, ...parents.flatMap(childrenOf)]
for (const pid of processes) sendSignal(pid, 'SIGKILL')
// A process that is just being killed may still make a file.
for (let tries = 0; tries < TRIES && !processes.every(isGone); tries++) await sleep(20)
for (const id of watched.memory) removeMemory(id)
for (const folder of watched.folder) rmSync(String(folder), { recursive: true, force: true, maxRetries: 5 })
