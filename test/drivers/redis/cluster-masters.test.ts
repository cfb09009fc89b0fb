import { EventEmitter } from 'node:events'
import { expect, it } from 'vitest'
import { nodeRedisClusterBridge } from '../../../src/drivers/redis/bridges/node-redis-cluster.ts'
import { RedisLine } from '../../../src/drivers/redis/line.ts'

/** A client of a Cluster that somebody is connecting: it is open, and has not been told of a master yet. */
class Connecting extends EventEmitter {
  readonly isOpen = true
  readonly slots = []
  masters: readonly { readonly address: string }[] = []
  connect = (): Promise<unknown> => Promise.reject(new Error('it is being connected'))
  sendCommand = (): Promise<unknown> => Promise.reject(new Error('nothing is asked here'))
  nodeClient = (): Promise<never> => Promise.reject(new Error('nothing is asked here'))
}

it('the masters of a Cluster that is being connected are waited for, so that none is left unchecked', async () => {
  const cluster = new Connecting()
  const asking = new RedisLine(nodeRedisClusterBridge(cluster), 5000).masters('open')
  await new Promise((resolve) => setImmediate(resolve))
  cluster.masters = [{ address: '127.0.0.1:7001' }]
  expect((await asking).map(({ name }) => name)).toEqual(['127.0.0.1:7001'])
})

it('a Cluster whose masters stay unknown is out of reach', async () => {
  await expect(new RedisLine(nodeRedisClusterBridge(new Connecting()), 50).masters('open')).rejects.toMatchObject({
    code: 'ERR_SESSION_DRIVER_FAILED',
  })
})
