// What a process knows of itself: the memory that it uses, what it holds open, and how late its event loop comes.
import { readdirSync, readlinkSync } from 'node:fs'
import type { Server } from 'node:http'
import { Socket } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { queryObjects, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Session } from '../../src/session/session.ts'

/** How a process is at one moment. */
export interface Reading {
  /** Seconds since it was started. */
  readonly at: number
  /** Bytes of the heap that are used when all garbage is collected. */
  readonly heap: number
  /** Bytes of memory that the system gave it. */
  readonly resident: number
  /** Requests that have come, so far. */
  readonly requests: number
  /** Milliseconds that the event loop came late, so far. */
  readonly late: { readonly median: number; readonly p99: number; readonly longest: number }
}

/** What a process holds, by kind. */
export type Holdings = Readonly<Record<string, number>>

setFlagsFromString('--expose-gc')
const gc: NodeJS.GCFunction = runInNewContext('gc')

const NANOSECONDS = 1_000_000
/** How often the lateness of the event loop is looked at. */
const RESOLUTION_MS = 10

/** Collects all garbage. From the event loop, where no call that is under way keeps anything. */
async function collect(): Promise<void> {
  await gc({ type: 'major', execution: 'async' })
}

export class Gauge {
  readonly #delay: ReturnType<typeof monitorEventLoopDelay>
  #requests = 0

  /** Counts requests from now on. */
  constructor(server: Server) {
    this.#delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
    server.on('request', () => (this.#requests += 1))
  }

  /** The first reading begins to look at the event loop. */
  async read(): Promise<Reading> {
    this.#delay.enable()
    await collect()
    const { heapUsed, rss } = process.memoryUsage()
    const late = (nanoseconds: number): number => Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION_MS)
    const [median, p99, longest] = [this.#delay.percentile(50), this.#delay.percentile(99), this.#delay.max].map(late)
    return {
      at: process.uptime(),
      heap: heapUsed,
      resident: rss,
      requests: this.#requests,
      late: { median: median ?? 0, p99: p99 ?? 0, longest: longest ?? 0 },
    }
  }
}

/** What this process holds once all garbage is collected: what the event loop waits for, what the system says is open, and what is still reachable. */
export async function holdings(): Promise<Holdings> {
  // Made when it is first written to, which the warning about an experimental function does: it belongs to the process from its start.
  void process.stderr
  await collect()
  return {
    ...countedBy(process.getActiveResourcesInfo(), (name) => `active ${name}`),
    ...countedBy(openDescriptors(), (kind) => `open ${kind}`),
    // Active ones alone would miss timers that do not keep the process alive.
    'timers in memory': queryObjects(timerClass(), { format: 'count' }),
    'sockets in memory': queryObjects(Socket, { format: 'count' }),
    'sessions in memory': queryObjects(Session, { format: 'count' }),
  }
}

/** The class of what `setTimeout` gives, which has no name to import it by. */
function timerClass(): NodeJS.Timeout['constructor'] {
  const timer = setTimeout(() => {}, 0)
  clearTimeout(timer)
  return timer.constructor
}

/** The kind of each open file descriptor, as the system has it: `socket:[4711]` is a socket, a path a file. */
function openDescriptors(): string[] {
  const folder = '/proc/self/fd'
  return readdirSync(folder).flatMap((descriptor) => {
    try {
      const [, kind = 'file'] = /^(\w+):/.exec(readlinkSync(`${folder}/${descriptor}`)) ?? []
      return [kind]
    } catch {
      // That which the folder was read by.
      return []
    }
  })
}

function countedBy(kinds: readonly string[], nameOf: (kind: string) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const kind of kinds) counts[nameOf(kind)] = (counts[nameOf(kind)] ?? 0) + 1
  return counts
}
