import { Cluster } from 'ioredis'
import { createSentinel } from 'redis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { RedisDriver } from '../../src/drivers/redis/redis-driver.ts'
import { COMMIT } from '../../src/drivers/redis/scripts/commit.ts'
import { DESTROY } from '../../src/drivers/redis/scripts/destroy.ts'
import { INSERT } from '../../src/drivers/redis/scripts/insert.ts'
import { PEEK, READ } from '../../src/drivers/redis/scripts/read.ts'
import { type Script, digestOf } from '../../src/drivers/redis/scripts/script.ts'
import { REWRITE, UPDATE } from '../../src/drivers/redis/scripts/update.ts'
import { UnknownOutcome } from '../../src/drivers/settle.ts'
import { GIVE_BACK, aRecord, hold, newKey, recordUnder, someTexts, store } from '../../src/testing/suite/records.ts'
import { describeNeeding } from '../support/needs.ts'
import { clusterClients } from '../support/redis-cluster-clients.ts'
import { type RedisCluster, startCluster } from '../support/redis-cluster.ts'
import { type RedisGates, behind, openGates } from '../support/redis-gates.ts'
import { sentinelClients } from '../support/redis-sentinel-clients.ts'
import { type RedisSentinel, startSentinel } from '../support/redis-sentinel.ts'
import type { RedisServer } from '../support/redis-server.ts'
import type { TestClient } from './redis/suite.ts'

interface World {
  readonly masters: () => readonly RedisServer[]
  readonly gates: () => Promise<RedisGates>
  readonly make: (gates: RedisGates) => TestClient
}

/** Each command is carried out by a server, and its connection ends before the answer. What came is counted on the servers. */
function sentOnce(name: string, { masters, gates: open, make }: World): void {
  describe(`a command that was carried out and not answered, over ${name}`, () => {
    const opened = async (): Promise<{ driver: RedisDriver; gates: RedisGates }> => {
      const gates = await open()
      const { client, end } = behind(gates, make(gates))
      const driver = new RedisDriver({ client, prefix: 'once:' })
      onTestFinished(async () => {
        await driver.close()
        await end()
      })
      await driver.open()
      return { driver, gates }
    }

    it('is a commit or an update that was sent once and found by reading back', async () => {
      const { driver, gates } = await opened()
      const { key, version } = await store(driver)
      const { lease } = await hold(driver, key)
      const commits = await counting(gates, COMMIT)
      expect(await driver.commit(lease, aRecord({ payload: 'once' }), GIVE_BACK)).toMatchObject({ kind: 'written', readBack: true })
      // The commit and what read it back.
      expect(await commits()).toBe(2)
      const committed = await recordUnder(driver, key)
      expect(committed).toMatchObject({ payload: 'once', version: { counter: version.counter + 1 } })

      const updates = await counting(gates, UPDATE)
      expect(await driver.update(key, aRecord({ payload: 'again' }), committed.version)).toMatchObject({ kind: 'written' })
      expect(await updates()).toBe(2)
      expect(await recordUnder(driver, key)).toMatchObject({ payload: 'again', version: { counter: version.counter + 2 } })
    })

    it('is an insert that was sent once and has an unknown outcome; a removal the driver itself repeats, since it removes nothing twice', async () => {
      const { driver, gates } = await opened()
      const key = newKey()
      const inserts = await counting(gates, INSERT)
      await expect(driver.insert(key, aRecord())).rejects.toMatchObject({ cause: expect.any(UnknownOutcome) })
      expect(await inserts()).toBe(1)
      expect((await recordUnder(driver, key)).version.counter).toBe(1)

      const removals = await counting(gates, DESTROY)
      expect(await driver.destroy(key)).toEqual({ kind: 'nothing' })
      expect(await removals()).toBe(2)
      expect(await driver.read(key)).toBeUndefined()
    })

    it('is a rewrite that was sent once and has an unknown outcome: nothing is looked at', async () => {
      const { driver, gates } = await opened()
      const { key, version } = await store(driver)
      const rewrites = await counting(gates, REWRITE)
      await expect(driver.rewrite(key, someTexts(), version)).rejects.toMatchObject({ cause: expect.any(UnknownOutcome) })
      expect(await rewrites()).toBe(1)
      expect((await recordUnder(driver, key)).version.counter).toBe(version.counter + 1)
    })

    /** Cuts at the next run of a script. Gives what says how many scripts the masters were sent since. */
    async function counting(gates: RedisGates, script: Script): Promise<() => Promise<number>> {
      const digest = await digestOf(script)
      const cut = gates.cutAfter((words) => words[1] === digest)
      const before = await scriptsSentTo(masters())
      return async () => {
        await cut
        return (await scriptsSentTo(masters())) - before
      }
    }
  })
}

describeNeeding('redis-server', 'on a Cluster', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startCluster()
    await teach(cluster.masters)
  })
  afterAll(() => cluster.stop())

  for (const [name, make] of Object.entries(clusterClients)) {
    sentOnce(name, { masters: () => cluster.masters, gates: () => openGates(cluster.nodes, 'reading'), make })
  }

  it('a Cluster of ioredis by itself sends it a second time: the tests can fail', async () => {
    const gates = await openGates(cluster.nodes, 'reading')
    const client = new Cluster(gates.addresses, { natMap: gates.map })
    client.on('error', () => undefined)
    await client.set('counter', '0')
    const cut = gates.cutAfter(([word]) => word?.toUpperCase() === 'INCR')
    expect(await client.incr('counter')).toBe(2)
    await cut
    client.disconnect()
    await gates.close()
  })
})

describeNeeding('redis-server', 'watched by Sentinel', () => {
  let sentinel: RedisSentinel
  beforeAll(async () => {
    sentinel = await startSentinel()
    await teach([sentinel.master])
  })
  afterAll(() => sentinel.stop())

  const gatesOfAll = (): Promise<RedisGates> => openGates([sentinel.master, sentinel.replica], 'reading')
  const wayThrough = ({ map }: RedisGates) => ({ name: sentinel.name, addresses: [...sentinel.addresses], map })
  for (const [name, make] of Object.entries(sentinelClients)) {
    sentOnce(name, { masters: () => [sentinel.master], gates: gatesOfAll, make: (gates) => make(wayThrough(gates)) })
  }

  it('a sentinel client of node-redis by itself sends it a second time: the tests can fail', async () => {
    const gates = await gatesOfAll()
    const { name, addresses, map } = wayThrough(gates)
    const client = createSentinel({ name, sentinelRootNodes: addresses, nodeAddressMap: map })
    client.on('error', () => undefined)
    await client.connect()
    await client.set('counter', '0')
    const cut = gates.cutAfter(([word]) => word?.toUpperCase() === 'INCR')
    expect(await client.incr('counter')).toBe(2)
    await cut
    await client.destroy()
    await gates.close()
  })
})

/** The masters know the scripts, so that each is sent by its digest. */
async function teach(masters: readonly RedisServer[]): Promise<void> {
  for (const { lua } of [COMMIT, UPDATE, REWRITE, INSERT, DESTROY, READ, PEEK]) {
    for (const master of masters) await master.command('SCRIPT', 'LOAD', lua)
  }
}

async function scriptsSentTo(masters: readonly RedisServer[]): Promise<number> {
  let sent = 0
  for (const master of masters) {
    const stats = await master.info('commandstats')
    for (const name of ['evalsha', 'eval']) sent += Number(/calls=(\d+)/.exec(stats.get(`cmdstat_${name}`) ?? '')?.[1] ?? 0)
  }
  return sent
}
