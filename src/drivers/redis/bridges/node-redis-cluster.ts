import { type Argument, type Bridge, type EventSource, NotSent, troubleOf, isErrorReply, learning } from './bridge.ts'
import { type NodeRedisClient, REPLY_OPTIONS, connectionOf, nodeRedisFailure } from './node-redis.ts'
import { hasMethods, propertyOf } from './shapes.ts'
import { slotOf } from './slot.ts'

const SEARCH_PAUSE_MS = 100

// A command goes to its node only while that node's client is connected. In the queue of one that is not, it would wait, to be sent long after; and
// where two commands of such a queue run into the library's own time limit, version 5 never writes to that node again: removing the first
// leaves the second one's `previous` behind, and its list then has an end and no beginning.

/** What is used of `createCluster()`. Like the single client it sends a command again only where a server refused it. */
export interface NodeRedisCluster extends EventSource {
  readonly isOpen: boolean
  readonly masters: readonly ClusterNode[]
  readonly slots: readonly ({ readonly master: ClusterNode } | undefined)[]
  connect(): Promise<unknown>
  sendCommand(key: string | undefined, isReadOnly: boolean, command: readonly Argument[], options: object): Promise<unknown>
  nodeClient(node: ClusterNode): NodeRedisClient | Promise<NodeRedisClient>
}

interface ClusterNode {
  readonly address: string
  /** There from its first use on, or from the beginning. */
  readonly client?: NodeRedisClient | undefined
}

export function isNodeRedisCluster(client: unknown): client is NodeRedisCluster {
  return hasMethods(client, 'sendCommand', 'withTypeMapping', 'connect', 'nodeClient', 'on', 'off') && 'slots' in client
}

export function nodeRedisClusterBridge(cluster: NodeRedisCluster): Bridge {
  const trouble = troubleOf(cluster)
  const search = new Search(cluster)
  const connectedTo = (node: ClusterNode): NodeRedisClient | undefined => {
    if (node.client?.isReady === true) return node.client
    // It connects by itself from then on.
    if (node.client === undefined) Promise.resolve(cluster.nodeClient(node)).catch(() => undefined)
    return undefined
  }
  const masterOf = (key: string): NodeRedisClient | undefined => {
    const node = cluster.slots[slotOf(key)]?.master
    const client = node && connectedTo(node)
    if (client === undefined && node !== undefined) search.begin(key, node.address)
    return client
  }
  const send = (key: string, command: readonly Argument[]): Promise<unknown> =>
    masterOf(key) === undefined ? Promise.reject(notConnected()) : cluster.sendCommand(key, false, command, { ...REPLY_OPTIONS })
  return {
    connect: async () => {
      trouble.listenTo(cluster)
      trouble.listenTo(cluster, 'node-error')
      if (!cluster.isOpen) await cluster.connect()
    },
    close: async () => undefined,
    isReady: () => cluster.isOpen,
    send,
    onOneConnection: async (key, use) => {
      const client = masterOf(key)
      if (client === undefined) throw notConnected()
      return use(learning(connectionOf(client), key, (command) => send(key, command)))
    },
    masters: async () => {
      // While it connects it knows none.
      if (cluster.masters.length === 0) throw new NotSent('The client is not connected.')
      return cluster.masters.map((node) => ({
        name: node.address,
        send: async (command) => {
          const client = connectedTo(node)
          if (client === undefined) throw notConnected()
          return connectionOf(client).send(command)
        },
      }))
    },
    kindOf: nodeRedisFailure,
    trouble: trouble.last,
  }
}

function notConnected(): NotSent {
  return new NotSent('The client is not connected to the master of the key.')
}

/**
 * Looks for a new master in place of one that is not connected. The library asks where slots are when a node answers `MOVED`, which one that is
 * dead does not: version 5 would wait for it to come back, version 6 asks after 5 seconds.
 */
class Search {
  readonly #cluster: NodeRedisCluster
  #isUnderWay = false
  #beganAt = -Infinity

  constructor(cluster: NodeRedisCluster) {
    this.#cluster = cluster
  }

  /** Returns at once. There is one at a time, and not one after another. */
  begin(key: string, address: string): void {
    const other = this.#cluster.masters.find((node) => node.address !== address && node.client?.isReady === true)?.client
    if (this.#isUnderWay || other === undefined || performance.now() - this.#beganAt < SEARCH_PAUSE_MS) return
    this.#isUnderWay = true
    this.#beganAt = performance.now()
    void this.#ask(other, key, address)
      .catch(() => undefined)
      .finally(() => (this.#isUnderWay = false))
  }

  async #ask(other: NodeRedisClient, key: string, address: string): Promise<void> {
    const answer: unknown = await connectionOf(other)
      .send(['EXISTS', key])
      .catch((error: unknown) => error)
    // `MOVED SLOT ADDRESS`: as long as the others still name the lost one, there is no other.
    if (!isErrorReply(answer) || !answer.message.startsWith('MOVED ') || answer.message.endsWith(` ${address}`)) return
    const slots = propertyOf(this.#cluster, '_slots')
    if (hasMethods(slots, 'rediscover')) await slots.rediscover(other)
  }
}
