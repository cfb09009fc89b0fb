import { fileURLToPath } from 'node:url'
import { startRedis } from '../../test/support/redis-server.ts'
import type { RedisServer } from '../../test/support/redis-server.ts'
import { Child, pinProcess } from '../harness/child.ts'
import { processCpuMicros } from '../harness/process-cpu.ts'
import { median, quieterHalf, shown } from '../harness/quiet.ts'
import type { Metered } from '../harness/quiet.ts'
import { machineBusySeconds } from '../harness/strangers.ts'
import type { How, ManyProtocol } from '../redis/many-sessions.ts'
import type { Figure } from './figure.ts'

const PROCESS = fileURLToPath(new URL('../redis/many-sessions-process.ts', import.meta.url))
const STORE_CPU = 0
const CLIENT_CPU = 1
const BYTES_AIM = 220
const CPU_GOAL = 1.2
const LANES = 50

const sizes = {
  full: { few: 1000, many: 1_000_000, warmUps: 3, slices: 12, turns: 40_000, step: 100_000 },
  small: { few: 200, many: 2000, warmUps: 0, slices: 1, turns: 500, step: 1000 },
}

interface Slice extends Metered {
  readonly storeMicros: number
  readonly clientMicros: number
  readonly calls: number
}

type Client = Child<ManyProtocol>

/** Read and written by commands as they are: what Redis itself needs. */
const labels: Readonly<Record<How, string>> = {
  driver: 'sessions, by RedisDriver',
  plain: 'their payloads alone, by GET and SET with an expiry',
}

export const figure: Figure = {
  name: 'redis-million',
  title: 'Many sessions in one Redis: memory of a session, and CPU of the server a command',
  peers: ['redis'],
  async run(size, { seed, log }) {
    const { few, many, warmUps, slices, turns } = sizes[size]
    const client: Client = new Child<ManyProtocol>([PROCESS], { cpu: CLIENT_CPU })
    await using stack = new AsyncDisposableStack()
    stack.defer(() => client.stop())
    const server = async (how: How, sessions: number) => {
      const redis = stack.use(await pinnedRedis())
      const memory = await filled(client, redis, how, sessions, sizes[size].step)
      log(`${sessions} ${labels[how]}: ${shown(memory.bytesEach)} bytes each`)
      return { how, sessions, redis, memory, found: new Array<Slice>() }
    }
    const manySessions = await server('driver', many)
    const fewSessions = await server('driver', few)
    const manyPlain = await server('plain', many)
    const fewPlain = await server('plain', few)
    const servers = [manySessions, fewSessions, manyPlain, fewPlain]
    let calls = 0
    for (let round = -warmUps; round < slices; round++) {
      for (const { how, redis, sessions, found } of round % 2 === 0 ? servers : servers.toReversed()) {
        const slice = await oneSlice(client, redis, { how, sessions, turns, seed: seed + round })
        calls += slice.calls
        if (round >= 0) found.push(slice)
      }
      log(round < 0 ? 'warming up' : `round ${round + 1} of ${slices}`)
    }
    const storeMicros = ({ found }: { readonly found: readonly Slice[] }): number => middle(found, (slice) => slice.storeMicros)
    const over = ({ memory }: { readonly memory: Memory }): number => memory.bytesEach - memory.payloadEach
    log(`bytes over the payload: ${shown(over(manySessions))} (aim: under ${BYTES_AIM})`)
    log(
      `CPU of Redis a command: ${shown(storeMicros(manySessions) / storeMicros(fewSessions))} times that at ${few} (goal: at most ${CPU_GOAL})`,
    )
    const { keys, withoutExpiry } = manySessions.memory
    return {
      counts: { sessions: keys, withoutExpiry, calls },
      rows: servers.map((one) => ({
        'what is stored': labels[one.how],
        'how many': one.sessions,
        // Of a few it is mostly what Redis has anyway.
        'bytes each': one.sessions === many ? String(shown(one.memory.bytesEach)) : '',
        'over the payload': one.sessions === many ? String(shown(over(one))) : '',
        'CPU of Redis a command, µs': shown(storeMicros(one)),
        [`times that at ${few.toLocaleString('en')}`]: shown(storeMicros(one) / storeMicros(one.how === 'driver' ? fewSessions : fewPlain)),
        'CPU of the client a command, µs': shown(middle(one.found, ({ clientMicros }) => clientMicros)),
        'CPUs used by others': Number(middle(one.found, ({ strangers }) => strangers).toFixed(2)),
      })),
    }
  },
}

/** Keeps nothing on disk: what is looked at is memory and CPU. */
async function pinnedRedis(): Promise<RedisServer> {
  const redis = await startRedis()
  pinProcess(redis.pid, STORE_CPU)
  return redis
}

interface Memory {
  readonly bytesEach: number
  readonly payloadEach: number
  readonly keys: number
  readonly withoutExpiry: number
}

async function filled(client: Client, redis: RedisServer, how: How, count: number, step: number): Promise<Memory> {
  const { url } = redis
  // A first one, so that connections and scripts are not counted.
  let { payloadBytes } = await client.ask('fill', { how, url, from: 0, count: 1 })
  const before = await usedMemory(redis)
  for (let from = 1; from < count; from += step) {
    const more = await client.ask('fill', { how, url, from, count: Math.min(step, count - from) })
    payloadBytes += more.payloadBytes
  }
  const bytesEach = ((await usedMemory(redis)) - before) / (count - 1)
  const keyspace = (await redis.info('keyspace')).get('db0') ?? ''
  const [, keys = Number.NaN, expires = Number.NaN] = (/keys=(\d+),expires=(\d+)/.exec(keyspace) ?? []).map(Number)
  return { bytesEach, payloadEach: payloadBytes / count, keys, withoutExpiry: keys - expires }
}

async function usedMemory(redis: RedisServer): Promise<number> {
  return Number((await redis.info('memory')).get('used_memory'))
}

async function oneSlice(
  client: Client,
  redis: RedisServer,
  ask: { readonly how: How; readonly sessions: number; readonly turns: number; readonly seed: number },
): Promise<Slice> {
  const before = await meter(client, redis)
  const { calls } = await client.ask('slice', { ...ask, url: redis.url, lanes: LANES })
  const after = await meter(client, redis)
  const storeMicros = after.store - before.store
  const clientMicros = after.client - before.client
  const ours = (storeMicros + clientMicros + after.own - before.own) / 1e6
  const strangers = Math.max(0, (after.machine - before.machine - ours) / (after.at - before.at))
  return { strangers, storeMicros: storeMicros / calls, clientMicros: clientMicros / calls, calls }
}

async function meter(client: Client, redis: RedisServer) {
  const { user, system } = process.cpuUsage()
  return {
    at: performance.now() / 1000,
    machine: machineBusySeconds(),
    client: await client.ask('cpuMicros', undefined),
    store: processCpuMicros(redis.pid),
    own: user + system,
  }
}

function middle(slices: readonly Slice[], of: (slice: Slice) => number): number {
  return median(quieterHalf(slices).map(of))
}
