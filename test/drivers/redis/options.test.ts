import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis-5'
import { Cluster as Cluster6, Redis as Redis6 } from 'ioredis'
import { Cluster as ValkeyCluster, Redis as Valkey } from 'iovalkey'
import * as redis5 from 'redis-5'
import * as redis6 from 'redis'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { bridgeTo } from '../../../src/drivers/redis/bridges/recognise.ts'
import { slotOf } from '../../../src/drivers/redis/bridges/slot.ts'
import { RedisDriver, type RedisDriverOptions } from '../../../src/drivers/redis/redis-driver.ts'
import { newKey } from '../../../src/testing/suite/records.ts'

const node = { host: '127.0.0.1', port: 1 }
const lazy = { lazyConnect: true }
const sentinel = { name: 'main', sentinelRootNodes: [node] }

describe('the options of a RedisDriver', () => {
  afterEach(() => vi.restoreAllMocks())

  it.each<[string, () => RedisDriverOptions['client']]>([
    ['createClient() of redis 6', () => redis6.createClient()],
    ['createClient() of redis 5', () => redis5.createClient()],
    ['createClientPool() of redis 6', () => redis6.createClientPool()],
    ['createClientPool() of redis 5', () => redis5.createClientPool()],
    ['createCluster() of redis 6', () => redis6.createCluster({ rootNodes: [] })],
    ['createCluster() of redis 5', () => redis5.createCluster({ rootNodes: [] })],
    ['createSentinel() of redis 6', () => redis6.createSentinel(sentinel)],
    ['createSentinel() of redis 5', () => redis5.createSentinel(sentinel)],
    ['new Redis() of ioredis 6', () => new Redis6(lazy)],
    ['new Redis() of ioredis 5', () => new Redis5(lazy)],
    ['new Redis() of iovalkey', () => new Valkey(lazy)],
    ['new Redis() with sentinels', () => new Redis6({ ...lazy, sentinels: [node], name: 'main' })],
    ['new Cluster() of ioredis 6', () => new Cluster6([node], lazy)],
    ['new Cluster() of ioredis 5', () => new Cluster5([node], lazy)],
    ['new Cluster() of iovalkey', () => new ValkeyCluster([node], lazy)],
  ])('%s is taken, and nothing is done with it before open', async (_name, make) => {
    const client = make()
    const driver = new RedisDriver({ client })
    await expect(driver.read(newKey())).rejects.toThrow(/not open/)
    await driver.close()
  })

  it.each([undefined, null, 'redis://127.0.0.1', {}, new Map(), { get: () => undefined, set: () => undefined }, redis6])(
    'what is no client is refused with a list of what is: %s',
    (client) => {
      expect(() => bridgeTo(client, 1000)).toThrow(
        expect.objectContaining({
          code: 'ERR_SESSION_CONFIG',
          message: expect.stringMatching(/createClient\(\).*ioredis 5 or 6.*iovalkey/),
        }),
      )
    },
  )

  it.each([
    ['ioredis 6', (url: string) => new Redis6(url, lazy)],
    ['iovalkey', (url: string) => new Valkey(url, lazy)],
  ])('a database that is no number is refused: %s', (_name, make) => {
    expect(() => bridgeTo(make('redis://127.0.0.1:6379/shop'), 1000)).toThrow("Option 'client': has a database that is no number.")
    expect(() => bridgeTo(make('redis://127.0.0.1:6379'), 1000)).not.toThrow()
  })

  it('a client of redis 4, which gives bytes as text, is refused by name and not for its answers', () => {
    const call = async (): Promise<undefined> => undefined
    const single = { isOpen: false, isReady: false, sendCommand: call, connect: call, on: call, off: call }
    for (const client of [single, { ...single, slots: [], masters: [], nodeClient: call }]) {
      expect(() => bridgeTo(client, 1000)).toThrow('must be a client of redis 5 or 6')
    }
  })

  it('a client that was not awaited is refused with a word that helps', () => {
    expect(() => bridgeTo(Promise.resolve({}), 1000)).toThrow('not a promise of one: await it first.')
  })

  it.each<[string, object]>([
    ['prefix', { prefix: 7 }],
    ['prefix', { prefix: '{all}:' }],
    ['prefix', { prefix: '\ud800' }],
    ['commandTimeoutSeconds', { commandTimeoutSeconds: 0 }],
    ['commandTimeoutSeconds', { commandTimeoutSeconds: 61 }],
    ['waitReplicas.replicas', { waitReplicas: {} }],
    ['waitReplicas.replicas', { waitReplicas: { replicas: 0 } }],
    ['waitReplicas.timeoutSeconds', { waitReplicas: { replicas: 1, timeoutSeconds: 3 } }],
    ['waitReplicas.timeoutMs', { waitReplicas: { replicas: 1, timeoutMs: 3 } }],
    ['ttl', { ttl: 7200 }],
  ])('a value that cannot work is refused by its name: %s', (option, options) => {
    expect(() => new RedisDriver({ client: redis6.createClient(), ...options })).toThrow(`Option '${option}'`)
  })

  it('slots are those of Redis Cluster', () => {
    // From the documentation of CLUSTER KEYSLOT and the Cluster specification.
    expect(slotOf('somekey')).toBe(11058)
    expect(slotOf('foo{hash_tag}')).toBe(2515)
    expect(slotOf('123456789')).toBe(0x31c3)
    expect(slotOf('foo{}{bar}')).toBe(slotOf('foo{}{bar}'))
    expect(slotOf('foo{{bar}}zap')).toBe(slotOf('{bar'))
    expect(slotOf('foo{bar}{zap}')).toBe(slotOf('bar'))
  })
})
