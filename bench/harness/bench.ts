import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ServerProtocol } from './candidate.ts'
import { Child, pinFamily } from './child.ts'
import type { ChildOptions } from './child.ts'
import type { Expected, LoadProtocol } from './load.ts'
import { familyCpuMicros } from './process-cpu.ts'
import { median, quieterHalf } from './quiet.ts'
import type { Metered } from './quiet.ts'
import { machineBusySeconds } from './strangers.ts'

const SERVER = fileURLToPath(new URL('server-process.ts', import.meta.url))
const LOAD = fileURLToPath(new URL('load-process.ts', import.meta.url))
// In the checkout: what is measured is its disk, and a system's temporary folder may be no disk at all.
const FOLDERS = fileURLToPath(new URL('../../var/bench', import.meta.url))
const SERVER_CPU = 0
const LOAD_CPU = 1
// A store is elsewhere in earnest: it must not take turns with the server that is measured.
const STORE_CPU = LOAD_CPU

/** One row: what a server does at one path. */
export interface Lane {
  readonly label: string
  /** `bench/servers/NAME.ts`. Lanes of one name share its process and its sessions. */
  readonly server: string
  readonly path: string
  readonly expected: Expected
}

/** A store in a process of its own, or in a family of them, which the servers of a plan use. Who made it ends it. */
export interface BenchStore {
  readonly url: string
  readonly pid: number
}

export interface BenchPlan {
  readonly lanes: readonly Lane[]
  readonly store?: BenchStore
  readonly sessions: number
  readonly connections: number
  /** Slices of each lane that count. The lanes take turns, and a round begins with the next lane each time. */
  readonly slices: number
  /** Rounds before them that do not count: a server is still being compiled after tens of thousands of requests. */
  readonly warmUps: number
  readonly slice: { readonly seconds: number; readonly requests: number }
  /**
   * The load sleeps while it has nothing to do. For a store that needs much of the CPU that the two share: the waking is little beside that.
   * Default: `false`.
   */
  readonly loadSleeps?: boolean
  /**
   * The load never sleeps, and whatever the store wants to do on the CPU that the two share comes first. So no server is charged for waking the load,
   * and none waits for the store because of it. Default: `false`.
   */
  readonly loadYields?: boolean
  readonly log: (line: string) => void
}

export interface Slice extends Metered {
  readonly requestsPerSecond: number
  /** CPU time of all the server's threads, a request. */
  readonly serverMicros: number
  /** CPU time of the plan's store, a request; 0 without one. */
  readonly storeMicros: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** How many CPUs the load itself kept busy: near 1 it is the load that is measured. */
  readonly load: number
}

/** Of one lane: medians over the quieter half of its slices, and sums over all. */
export interface LaneResult extends Slice {
  readonly slices: readonly Slice[]
  readonly requests: number
  /** Answers that did not say what they must. More than 0 makes the rest worthless. */
  readonly wrong: number
  /** Answers that set a cookie. */
  readonly cookies: number
}

export interface RunningServer {
  readonly process: Child<ServerProtocol>
  readonly port: number
}

/** Gives a new empty folder on the checkout's disk, and removes it afterwards. */
export async function withFolder<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  mkdirSync(FOLDERS, { recursive: true })
  const folder = mkdtempSync(join(FOLDERS, 'run-'))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param storeUrl Where the store is that the server uses, if it uses one. */
export async function startServer(name: string, folder: string, options: ChildOptions = {}, storeUrl?: string): Promise<RunningServer> {
  const child = new Child<ServerProtocol>([SERVER], options)
  mkdirSync(folder, { recursive: true })
  return { process: child, port: await child.ask('listen', { name, folder, storeUrl }) }
}

/** Measures the lanes of a plan against each other. The results come in the order of the lanes. */
export async function bench(plan: BenchPlan): Promise<LaneResult[]> {
  return withFolder(async (folder) => {
    const load = new Child<LoadProtocol>([LOAD], { cpu: LOAD_CPU, yields: plan.loadYields ?? false })
    const servers = new Map<string, RunningServer>()
    if (plan.store !== undefined) pinFamily(plan.store.pid, STORE_CPU)
    try {
      for (const { server } of plan.lanes) {
        if (servers.has(server)) continue
        const running = await startServer(server, join(folder, server), { cpu: SERVER_CPU }, plan.store?.url)
        servers.set(server, running)
        await load.ask('fill', { port: running.port, sessions: plan.sessions })
      }
      return await rounds(plan, servers, load)
    } finally {
      await Promise.all([load, ...[...servers.values()].map(({ process }) => process)].map((child) => child.stop()))
    }
  })
}

async function rounds(plan: BenchPlan, servers: ReadonlyMap<string, RunningServer>, load: Child<LoadProtocol>): Promise<LaneResult[]> {
  const runs = plan.lanes.map((lane) => ({ lane, slices: new Array<Slice>(), requests: 0, wrong: 0, cookies: 0 }))
  for (let round = -plan.warmUps; round < plan.slices; round++) {
    const first = (round + plan.warmUps) % runs.length
    for (const run of [...runs.slice(first), ...runs.slice(0, first)]) {
      const server = servers.get(run.lane.server)
      if (server === undefined) throw new Error(`no server ${run.lane.server}`)
      const { slice, requests, wrong, cookies } = await oneSlice(plan, run.lane, server, load)
      run.requests += requests
      run.wrong += wrong
      run.cookies += cookies
      if (round >= 0) run.slices.push(slice)
    }
    plan.log(round < 0 ? 'warming up' : `round ${round + 1} of ${plan.slices}`)
  }
  return runs.map(({ slices, requests, wrong, cookies }) => {
    const quiet = quieterHalf(slices)
    const middle = (of: (slice: Slice) => number): number => median(quiet.map(of))
    return {
      requestsPerSecond: middle((slice) => slice.requestsPerSecond),
      serverMicros: middle((slice) => slice.serverMicros),
      storeMicros: middle((slice) => slice.storeMicros),
      p50Ms: middle((slice) => slice.p50Ms),
      p99Ms: middle((slice) => slice.p99Ms),
      load: middle((slice) => slice.load),
      strangers: middle((slice) => slice.strangers),
      slices,
      requests,
      wrong,
      cookies,
    }
  })
}

async function oneSlice(
  plan: BenchPlan,
  { path, expected }: Lane,
  { process: server, port }: RunningServer,
  load: Child<LoadProtocol>,
): Promise<{ slice: Slice; requests: number; wrong: number; cookies: number }> {
  const before = await meter(server, load, plan.store)
  const { connections, slice: atMost, loadSleeps: sleeps = false } = plan
  const answer = await load.ask('slice', { port, path, expected, connections, atMost, sleeps })
  const after = await meter(server, load, plan.store)
  const { requests, wrong, cookies, seconds, p50Ms, p99Ms } = answer
  if (requests === 0) throw new Error(`no request was answered at ${path}`)
  const wall = after.at - before.at
  const serverMicros = after.server - before.server
  const loadMicros = after.load - before.load
  const storeMicros = after.store - before.store
  const ours = (serverMicros + loadMicros + storeMicros + after.own - before.own) / 1e6
  const strangers = Math.max(0, (after.machine - before.machine - ours) / wall)
  const slice = {
    strangers,
    requestsPerSecond: requests / seconds,
    serverMicros: serverMicros / requests,
    storeMicros: storeMicros / requests,
    p50Ms,
    p99Ms,
    load: loadMicros / 1e6 / wall,
  }
  return { slice, requests, wrong, cookies }
}

async function meter(server: Child<ServerProtocol>, load: Child<LoadProtocol>, store: BenchStore | undefined) {
  const { user, system } = process.cpuUsage()
  const [serverMicros, loadMicros] = await Promise.all([server.ask('cpuMicros', undefined), load.ask('cpuMicros', undefined)])
  return {
    at: performance.now() / 1000,
    machine: machineBusySeconds(),
    server: serverMicros,
    load: loadMicros,
    store: store === undefined ? 0 : familyCpuMicros(store.pid),
    own: user + system,
  }
}
