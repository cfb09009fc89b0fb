import { type Bridge, NotSent, isErrorReply, learning } from './bridge.ts'
import { type BytesFromScripts, type IoRedis, OWN_OPTIONS, connectionOver, ioredisFailure, isIoRedis, sendOver } from './ioredis.ts'
import { type Ownable, OwnClient } from './own-client.ts'
import { hasMethods, propertyOf } from './shapes.ts'
import { slotOf } from './slot.ts'

// A Cluster client of ioredis sends a command to another node when the connection to the first one breaks (`retryDelayOnFailover`), though it may
// have arrived: the driver's own does not. Redirections it follows: they are refusals. With that switched off iovalkey would not look for the master that
// has taken the place of a lost one either, so the driver has it look.

const LOOK_PAUSE_MS = 100

/** What is used of `new Cluster()` or `new Redis.Cluster()`. */
export interface IoRedisCluster extends Ownable {
  readonly options: object
  duplicate(startupNodes: never[], options: object): IoRedisCluster
  nodes(role: 'master'): IoRedis[]
  call: IoRedis['call']
}

export function isIoRedisCluster(client: unknown): client is IoRedisCluster & BytesFromScripts {
  return (
    hasMethods(client, 'call', 'evalshaBuffer', 'evalBuffer', 'duplicate', 'disconnect', 'nodes', 'on', 'off') &&
    propertyOf(client, 'isCluster') === true
  )
}

export function ioredisClusterBridge(client: IoRedisCluster): Bridge {
  const own = new OwnClient(() => ownCluster(client))
  let lookedAt = -Infinity
  const lookAgain = (cluster: IoRedisCluster): void => {
    if (performance.now() - lookedAt < LOOK_PAUSE_MS) return
    lookedAt = performance.now()
    if (hasMethods(cluster, 'refreshSlotsCache')) cluster.refreshSlotsCache()
  }
  return {
    connect: own.connect,
    close: own.close,
    isReady: own.isReady,
    send: async (_key, command) => {
      const cluster = own.connected
      try {
        return await sendOver(cluster, command)
      } catch (error) {
        if (!isErrorReply(error)) lookAgain(cluster)
        throw error
      }
    },
    onOneConnection: async (key, use) => {
      const cluster = own.connected
      const address = masterOf(cluster, slotOf(key))
      const node = nodesOf(cluster).find((one) => nameOf(one) === address)
      if (node === undefined) throw new NotSent('The Cluster has no master for the key.')
      return use(learning(connectionOver(node), key, (command) => sendOver(cluster, command)))
    },
    masters: async () => nodesOf(own.connected).map((node) => ({ name: nameOf(node), ...connectionOver(node) })),
    kindOf: ioredisFailure,
    trouble: own.trouble.last,
  }
}

function ownCluster(client: IoRedisCluster): IoRedisCluster & BytesFromScripts {
  const own = client.duplicate([], {
    retryDelayOnFailover: 0,
    scaleReads: 'master',
    // In a Cluster a pipeline whose commands were redirected differently is not sent on: each command goes by itself.
    enableAutoPipelining: false,
    lazyConnect: true,
    keyPrefix: '',
    // All but ioredis 6 would put these in the place of the client's, with its user, password and TLS.
    redisOptions: Object.assign({}, propertyOf(client.options, 'redisOptions'), OWN_OPTIONS),
  })
  if (!isIoRedisCluster(own)) throw new NotSent('The client does not duplicate itself.')
  return own
}

function nodesOf(cluster: IoRedisCluster): (IoRedis & BytesFromScripts)[] {
  return cluster.nodes('master').filter((node) => isIoRedis(node))
}

/** The first of a slot's nodes is its master. */
function masterOf(cluster: IoRedisCluster, slot: number): unknown {
  const nodes: unknown = propertyOf(propertyOf(cluster, 'slots'), String(slot))
  return Array.isArray(nodes) ? nodes[0] : undefined
}

function nameOf(node: IoRedis): string {
  return `${String(propertyOf(node.options, 'host'))}:${String(propertyOf(node.options, 'port'))}`
}
