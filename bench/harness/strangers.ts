import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'

/** CPU time that the whole machine has been busy up to now, in seconds over all CPUs; with what a host took away, where it says so. */
export function machineBusySeconds(): number {
  try {
    return busyTicks(readFileSync('/proc/stat', 'latin1')) / 100
  } catch {
    return cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0) / 1000
  }
}

/** Ticks of 10 ms, of the first line of `/proc/stat`: `cpu user nice system idle iowait irq softirq steal ...`. */
export function busyTicks(stat: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = stat
    .slice(0, stat.indexOf('\n'))
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return user + nice + system + irq + softirq + steal
}
