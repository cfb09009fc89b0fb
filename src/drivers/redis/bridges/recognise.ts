import { SessionError } from '../../../session/errors.ts'
import { shown } from '../../../session/option-check.ts'
import type { Bridge } from './bridge.ts'
import { type IoRedisCluster, ioredisClusterBridge, isIoRedisCluster } from './ioredis-cluster.ts'
import { type IoRedis, ioredisBridge, isIoRedis } from './ioredis.ts'
import { type NodeRedisCluster, isNodeRedisCluster, nodeRedisClusterBridge } from './node-redis-cluster.ts'
import { type NodeRedisPool, isNodeRedisPool, nodeRedisPoolBridge } from './node-redis-pool.ts'
import { type NodeRedisSentinel, isNodeRedisSentinel, nodeRedisSentinelBridge } from './node-redis-sentinel.ts'
import { type NodeRedisClient, isNodeRedisClient, nodeRedisBridge } from './node-redis.ts'

/**
 * Finds out which library a client comes from, by what it can do.
 *
 * @param patienceMs How long anybody waits for an answer.
 * @throws {SessionError} `ERR_SESSION_CONFIG` when it is none that is known.
 */
export function bridgeTo(client: unknown, patienceMs: number): Bridge {
  if (isIoRedisCluster(client)) return ioredisClusterBridge(client)
  if (isIoRedis(client)) return ioredisBridge(client)
  if (isNodeRedisSentinel(client)) return nodeRedisSentinelBridge(client, patienceMs)
  if (isNodeRedisCluster(client)) return nodeRedisClusterBridge(client)
  if (isNodeRedisPool(client)) return nodeRedisPoolBridge(client)
  if (isNodeRedisClient(client)) return nodeRedisBridge(client)
  const accepted =
    'a client of redis 5 or 6 (createClient(), createClientPool(), createCluster(), createSentinel()), ' +
    'of ioredis 5 or 6, or of iovalkey (new Redis(), new Cluster())'
  const what = client instanceof Promise ? 'a promise of one: await it first' : shown(client)
  throw SessionError.config('client', `must be ${accepted}, not ${what}.`)
}

/** A client that can be handed in. */
export type RedisClient = NodeRedisClient | NodeRedisPool | NodeRedisCluster | NodeRedisSentinel | IoRedis | IoRedisCluster
