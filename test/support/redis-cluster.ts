import type { RespValue } from '../../proof/faults/resp-reader.ts'
import { until } from '../../proof/faults/until.ts'
import { moveSlot } from './redis-move-slot.ts'
import { fieldsOf, redisArgs, type RedisOptions, RedisServer } from './redis-server.ts'

const SLOTS = 16_384
const MASTERS = 3
const NODE_TIMEOUT_MS = 2000

/** A cluster of our own: three masters, a replica each. */
export class RedisCluster {
  readonly masters: readonly RedisServer[]
  readonly replicas: readonly RedisServer[]

  /** Use `startCluster`. */
  constructor(nodes: readonly RedisServer[]) {
    this.masters = nodes.slice(0, MASTERS)
    this.replicas = nodes.slice(MASTERS)
  }

  get nodes(): readonly RedisServer[] {
    return [...this.masters, ...this.replicas]
  }

  /** For a client's options. */
  get addresses(): readonly { readonly host: string; readonly port: number }[] {
    return this.nodes.map(({ port }) => ({ host: '127.0.0.1', port }))
  }

  /** The slot of a key. */
  async slotOf(key: string): Promise<number> {
    return Number(await this.#any.command('CLUSTER', 'KEYSLOT', key))
  }

  /** The master that has a slot now. */
  async ownerOf(slot: number): Promise<RedisServer> {
    for (const master of this.masters) {
      const ranges = await slotsOf(master)
      if (ranges.some(([first, last]) => first <= slot && slot <= last)) return master
    }
    throw new Error(`slot ${slot} has no owner`)
  }

  /** Every key of a number of masters' slots moves as when a cluster is resharded. See `redis-move-slot.ts`. */
  async moveSlot(slot: number, from: RedisServer, to: RedisServer, whileHalfMoved?: () => Promise<void>): Promise<number> {
    return await moveSlot({ slot, from, to, others: this.masters.filter((node) => node !== from && node !== to), whileHalfMoved })
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  get #any(): RedisServer {
    const [first] = this.masters
    if (first === undefined) throw new Error('a cluster has nodes')
    return first
  }
}

/** Starts a cluster, and is ready when each node says that all slots are served and that it knows three replicas. */
export async function startCluster(options: RedisOptions = {}): Promise<RedisCluster> {
  const started = await Promise.allSettled(Array.from({ length: 2 * MASTERS }, () => startNode(options)))
  const cluster = new RedisCluster(started.flatMap((node) => (node.status === 'fulfilled' ? [node.value] : [])))
  try {
    for (const node of started) if (node.status === 'rejected') throw node.reason
    await join(cluster)
    return cluster
  } catch (error) {
    await cluster.stop()
    throw error
  }
}

function startNode(options: RedisOptions): Promise<RedisServer> {
  return RedisServer.create((port, busPort, folder) => {
    const cluster = ['--cluster-enabled', 'yes', '--cluster-port', String(busPort), '--cluster-config-file', 'nodes.conf']
    const timing = ['--cluster-node-timeout', String(NODE_TIMEOUT_MS), '--repl-diskless-sync-delay', '0']
    return redisArgs(port, folder, { ...options, args: [...cluster, ...timing, ...(options.args ?? [])] })
  })
}

async function join(cluster: RedisCluster): Promise<void> {
  const { masters, replicas, nodes } = cluster
  await Promise.all(
    masters.map((master, index) => {
      const [first, last] = [index, index + 1].map((share) => Math.round((share * SLOTS) / MASTERS))
      return master.command('CLUSTER', 'ADDSLOTSRANGE', first ?? 0, (last ?? 0) - 1)
    }),
  )
  // Without it two nodes begin with the same epoch, and the cluster needs a while to settle which counts.
  await Promise.all(nodes.map((node, index) => node.command('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)))
  const [first, ...rest] = nodes
  for (const { port, busPort } of await Promise.all(rest.map(portsOf))) await first?.command('CLUSTER', 'MEET', '127.0.0.1', port, busPort)
  await until('all nodes to know each other', () => every(nodes, async (node) => (await nodesKnownTo(node)).length === nodes.length))
  const ids = await Promise.all(masters.map((master) => master.command('CLUSTER', 'MYID')))
  await Promise.all(replicas.map((replica, index) => replica.command('CLUSTER', 'REPLICATE', String(ids[index]))))
  await until('the cluster to be whole', () => every(nodes, knowsAll))
  await until('the replicas to have caught up', () => every(replicas, isCaughtUp))
}

async function knowsAll(node: RedisServer): Promise<boolean> {
  const info = fieldsOf(await node.command('CLUSTER', 'INFO'))
  const replicas = (await nodesKnownTo(node)).filter((line) => line.includes('slave'))
  return info.get('cluster_state') === 'ok' && replicas.length === MASTERS
}

async function isCaughtUp(replica: RedisServer): Promise<boolean> {
  return (await replica.info('replication')).get('master_link_status') === 'up'
}

async function nodesKnownTo(node: RedisServer): Promise<string[]> {
  const lines = String(await node.command('CLUSTER', 'NODES')).split('\n')
  return lines.filter((line) => line !== '' && !line.includes('handshake'))
}

async function portsOf(node: RedisServer): Promise<{ readonly port: number; readonly busPort: number }> {
  const [myself] = (await nodesKnownTo(node)).filter((line) => line.includes('myself'))
  const busPort = Number(myself?.match(/@(\d+)/)?.[1])
  return { port: node.port, busPort }
}

async function slotsOf(master: RedisServer): Promise<readonly (readonly [number, number])[]> {
  const slots: RespValue = await master.command('CLUSTER', 'SLOTS')
  if (!Array.isArray(slots)) throw new TypeError('CLUSTER SLOTS gives a list')
  const ranges = slots.map((range) => (Array.isArray(range) ? range : []))
  return ranges
    .filter(([, , node]) => Array.isArray(node) && node[1] === master.port)
    .map(([first, last]) => [Number(first), Number(last)] as const)
}

async function every(nodes: readonly RedisServer[], holds: (node: RedisServer) => Promise<boolean>): Promise<boolean> {
  return (await Promise.all(nodes.map(holds))).every(Boolean)
}
