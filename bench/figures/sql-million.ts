import { fileURLToPath } from 'node:url'
import { randomFrom } from '../file/support.ts'
import { Child, pinFamily } from '../harness/child.ts'
import { familyCpuMicros } from '../harness/process-cpu.ts'
import { median, quieterHalf, shown } from '../harness/quiet.ts'
import type { Metered } from '../harness/quiet.ts'
import { machineBusySeconds } from '../harness/strangers.ts'
import type { ManyRowsProtocol } from '../sql/many-rows.ts'
import { manyMariaDb } from '../sql/many-mariadb.ts'
import { manyPostgres } from '../sql/many-postgres.ts'
import type { Batches, Examined, ManyServer } from '../sql/many-servers.ts'
import type { Figure, FigureOptions, FigureRow } from './figure.ts'

const PROCESS = fileURLToPath(new URL('../sql/many-rows-process.ts', import.meta.url))
const STORE_CPU = 0
const CLIENT_CPU = 1
const GOAL = 1.2
const BATCH_GOAL_MS = 50
const LANES = 50
/** Of those that go on while expired sessions are collected. */
const STEADY_LANES = 8

const sizes = {
  full: { few: 1000, many: 1_000_000, step: 50_000, examined: 200, warmUps: 2, slices: 12, turns: 10_000, steady: 2000, control: 20_000 },
  small: { few: 200, many: 2000, step: 1000, examined: 10, warmUps: 0, slices: 1, turns: 200, steady: 50, control: 50 },
}
type Size = (typeof sizes)['full']

interface Slice extends Metered {
  readonly storeMicros: number
  readonly clientMicros: number
}

type Client = Child<ManyRowsProtocol>

/** What was found of one table. */
interface Looked {
  readonly table: 'few' | 'many'
  readonly sessions: number
  readonly examined: Examined
  readonly slices: Slice[]
  /** Rows that a collection looks at when none has expired. */
  readonly forNone: number
}

/** What became of the expired ones, and of the requests meanwhile. */
interface Collected {
  readonly removed: number
  readonly living: number
  readonly batches: Batches
  readonly seconds: number
  readonly idle: readonly number[]
  readonly meanwhile: readonly number[]
}

export const figure: Figure = {
  name: 'sql-million',
  title: 'Many sessions in one table: what the server does to take one, and how long it takes to collect those that have expired',
  peers: ['pg', 'mysql2'],
  async run(sizeName, options) {
    const size = sizes[sizeName]
    const counts = { sessions: 0, turns: 0, collected: 0, livingAfterwards: 0 }
    const rows: FigureRow[] = []
    for (const start of [manyPostgres, manyMariaDb]) {
      await using server = await start(sizeName)
      await using stack = new AsyncDisposableStack()
      const client: Client = new Child<ManyRowsProtocol>([PROCESS], { cpu: CLIENT_CPU })
      stack.defer(() => client.stop())
      pinFamily(server.pid, STORE_CPU)
      const looked = await lookedAt(server, client, size, options)
      const collected = await collectedFrom(server, client, size, options)
      counts.sessions += size.many
      counts.turns += looked.reduce((sum, { slices }) => sum + slices.length * size.turns, 0)
      counts.collected += collected.removed
      counts.livingAfterwards += collected.living
      rows.push(...rowsOf(server, size, looked, collected, options.log))
    }
    return { counts, rows }
  },
}

async function lookedAt(server: ManyServer, client: Client, size: Size, { seed, log }: FigureOptions): Promise<readonly Looked[]> {
  const tables: Looked[] = []
  for (const table of ['few', 'many'] as const) {
    const sessions = size[table]
    await server.fill(table, sessions, size.step)
    const random = randomFrom(seed)
    const indexes = Array.from({ length: size.examined }, () => Math.floor(random() * sessions))
    const examined = await server.examine(table, indexes)
    tables.push({ table, sessions, examined, slices: [], forNone: await server.examineCollection(table) })
    log(`${server.title}: ${sessions} sessions made`)
  }
  for (let round = -size.warmUps; round < size.slices; round++) {
    for (const { table, sessions, slices } of round % 2 === 0 ? tables : tables.toReversed()) {
      const slice = await oneSlice(server, client, { table, sessions, turns: size.turns, seed: seed + round })
      if (round >= 0) slices.push(slice)
    }
    log(round < 0 ? 'warming up' : `round ${round + 1} of ${size.slices}`)
  }
  return tables
}

async function oneSlice(
  { kind, url, pid }: ManyServer,
  client: Client,
  ask: { readonly table: string; readonly sessions: number; readonly turns: number; readonly seed: number },
): Promise<Slice> {
  const before = await meter(client, pid)
  await client.ask('slice', { ...ask, kind, url, lanes: LANES })
  const after = await meter(client, pid)
  const storeMicros = after.store - before.store
  const clientMicros = after.client - before.client
  const ours = (storeMicros + clientMicros + after.own - before.own) / 1e6
  const strangers = Math.max(0, (after.machine - before.machine - ours) / (after.at - before.at))
  return { strangers, storeMicros: storeMicros / ask.turns, clientMicros: clientMicros / ask.turns }
}

async function meter(client: Client, pid: number) {
  const { user, system } = process.cpuUsage()
  return {
    at: performance.now() / 1000,
    machine: machineBusySeconds(),
    client: await client.ask('cpuMicros', undefined),
    store: familyCpuMicros(pid),
    own: user + system,
  }
}

/** As many as live expire, and are collected while requests go on. */
async function collectedFrom(server: ManyServer, client: Client, size: Size, { seed, log }: FigureOptions): Promise<Collected> {
  const { kind, url } = server
  const table = 'many'
  await server.addExpired(table, size.many, size.step)
  log(`${server.title}: ${size.many} expired ones added`)
  const steady = { kind, url, table, sessions: size.many, lanes: STEADY_LANES, seed }
  const { waits: idle } = await client.ask('slice', { ...steady, turns: size.control })
  const { driver, batches, end } = await server.collector(table)
  try {
    const startedAt = performance.now()
    const collecting = { isOver: false }
    const collected = driver.gc().finally(() => (collecting.isOver = true))
    const meanwhile: number[] = []
    const requests = async (): Promise<void> => {
      while (!collecting.isOver) {
        const { waits } = await client.ask('slice', { ...steady, turns: size.steady, seed: seed + meanwhile.length })
        for (const wait of waits) meanwhile.push(wait)
      }
    }
    const [removed] = await Promise.all([collected, requests()])
    const seconds = (performance.now() - startedAt) / 1000
    return { removed, living: await server.count(table), batches: await batches(), seconds, idle, meanwhile }
  } finally {
    await driver.close()
    await end()
  }
}

function rowsOf(
  { title }: ManyServer,
  { few: fewest }: Size,
  looked: readonly Looked[],
  { removed, batches, seconds, idle, meanwhile }: Collected,
  log: (line: string) => void,
): FigureRow[] {
  const micros = ({ slices }: Looked): number => middle(slices, ({ storeMicros }) => storeMicros)
  const [few] = looked
  const times = (one: Looked): number => micros(one) / (few === undefined ? Number.NaN : micros(few))
  const p99 = (waits: readonly number[]): number =>
    waits.toSorted((one, other) => one - other)[Math.floor(waits.length * 0.99)] ?? Number.NaN
  for (const one of looked.slice(1)) log(`${title}: ${shown(times(one))} times the CPU at ${fewest} (goal: at most ${GOAL})`)
  for (const one of looked) log(`${title}: ${one.forNone} of ${one.sessions} rows are examined to collect none`)
  log(`${title}: longest batch ${shown(batches.longestMs)} ms (goal: at most ${BATCH_GOAL_MS})`)
  return looked.map((one) => {
    const isMany = one.table === 'many'
    const ofMany = (value: number): string => (isMany ? shown(value).toLocaleString('en') : '')
    return {
      database: title,
      sessions: one.sessions,
      'rows examined to take one': shown(one.examined.rows),
      'pages looked at': shown(one.examined.pages),
      'CPU to take one and give it back, µs': shown(micros(one)),
      [`times that at ${fewest.toLocaleString('en')}`]: shown(times(one)),
      'CPUs used by others': Number(middle(one.slices, ({ strangers }) => strangers).toFixed(2)),
      'rows examined to collect none': shown(one.forNone),
      'expired ones collected': ofMany(removed),
      'statements for it': ofMany(batches.count),
      'longest of them, ms': ofMany(batches.longestMs),
      'all, s': ofMany(seconds),
      '99 % of requests meanwhile, ms': ofMany(p99(meanwhile)),
      'and before, ms': ofMany(p99(idle)),
    }
  })
}

function middle(slices: readonly Slice[], of: (slice: Slice) => number): number {
  return median(quieterHalf(slices).map(of))
}
