import { type Argument, type Bridge, type EventSource, NotSent, learning, Trouble } from './bridge.ts'
import { type NodeRedisClient, REPLY_OPTIONS, connectionOf, nodeRedisFailure } from './node-redis.ts'
import { hasMethods } from './shapes.ts'
import { slotOf } from './slot.ts'

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
}

export function isNodeRedisCluster(client: unknown): client is NodeRedisCluster {
  return hasMethods(client, 'sendCommand', 'connect', 'nodeClient', 'on', 'off') && 'slots' in client
}

export function nodeRedisClusterBridge(cluster: NodeRedisCluster, patienceMs: number): Bridge {
  const trouble = new Trouble()
  // A node's connection cannot be seen from here: the library's limit keeps a command from waiting for one beyond the time that anybody waits.
  const options = { ...REPLY_OPTIONS, timeout: patienceMs }
  const send = (key: string, command: readonly Argument[]): Promise<unknown> => cluster.sendCommand(key, false, command, { ...options })
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
      const slot = cluster.slots[slotOf(key)]
      if (slot === undefined) throw new NotSent('The Cluster has no master for the key.')
      return use(learning(connectionOf(await cluster.nodeClient(slot.master)), key, (command) => send(key, command)))
    },
    masters: async () =>
      cluster.masters.map((node) => ({
        name: node.address,
        send: async (command) => connectionOf(await cluster.nodeClient(node)).send(command),
      })),
    kindOf: nodeRedisFailure,
    trouble: trouble.last,
  }
}
