import { readFileSync } from 'node:fs'

/** CPU that a process has used up to now, of all its threads, in microseconds; NaN where the system does not tell. */
export function processCpuMicros(pid: number): number {
  try {
    return usedTicks(readFileSync(`/proc/${pid}/stat`, 'latin1')) * 10_000
  } catch {
    return Number.NaN
  }
}

/** Ticks of 10 ms, of `/proc/PID/stat`: `PID (NAME) STATE` and numbers, of which the 12th and 13th are user and system time. */
export function usedTicks(stat: string): number {
  // A name may have blanks and parentheses of its own.
  const [, , , , , , , , , , , , user = Number.NaN, system = Number.NaN] = stat
    .slice(stat.lastIndexOf(')') + 1)
    .split(' ')
    .map(Number)
  return user + system
}
