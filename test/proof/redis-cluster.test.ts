import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RespError } from '../../proof/faults/resp-reader.ts'
import { describeNeeding } from '../support/needs.ts'
import { type RedisCluster, startCluster } from '../support/redis-cluster.ts'
import type { RedisServer } from '../support/redis-server.ts'

describeNeeding('redis-server', 'a cluster of our own', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startCluster()
  })
  afterAll(() => cluster.stop())

  /** The reply, or the first word of the error. */
  const reply = async (node: RedisServer, ...words: (string | number)[]): Promise<unknown> => {
    return await node.command(...words).catch((error: RespError) => error.message.split(' ')[0])
  }

  const ownersAndAnother = async (key: string) => {
    const slot = await cluster.slotOf(key)
    const from = await cluster.ownerOf(slot)
    const [to] = cluster.masters.filter((node) => node !== from)
    if (to === undefined) throw new Error('there are three masters')
    return { slot, from, to }
  }

  it('is whole: three masters with all slots, each with a replica', async () => {
    for (const node of cluster.nodes) {
      const info = String(await node.command('CLUSTER', 'INFO'))
      expect(info).toContain('cluster_state:ok')
      expect(info).toContain('cluster_slots_ok:16384')
    }
    const roles = await Promise.all(cluster.nodes.map(async (node) => (await node.info('replication')).get('role')))
    expect(roles).toEqual(['master', 'master', 'master', 'slave', 'slave', 'slave'])
    const replicas = await Promise.all(cluster.masters.map(async (node) => (await node.info('replication')).get('connected_slaves')))
    expect(replicas).toEqual(['1', '1', '1'])
  })

  it('answers ASK, TRYAGAIN and MOVED while a slot moves and afterwards, and loses no key', async () => {
    const { slot, from, to } = await ownersAndAnother('{moving}')
    const keys = Array.from({ length: 10 }, (_, index) => `{moving}${index}`)
    for (const key of keys) await from.command('SET', key, key)
    const moved = await cluster.moveSlot(slot, from, to, async () => {
      const answers = await Promise.all(keys.map((key) => reply(from, 'GET', key)))
      expect(answers.filter((answer) => answer === 'ASK')).toHaveLength(5)
      expect(answers.filter((answer, index) => answer === keys[index])).toHaveLength(5)
      expect(await reply(from, 'MGET', ...keys)).toBe('TRYAGAIN')
      expect(await reply(from, 'SET', '{moving}new', '1')).toBe('ASK')
      expect(await reply(to, 'GET', keys[0] ?? '')).toBe('MOVED')
    })
    expect(moved).toBe(10)
    expect(await reply(from, 'GET', keys[0] ?? '')).toBe('MOVED')
    expect(await to.command('MGET', ...keys)).toEqual(keys)
    for (const master of cluster.masters) expect(await reply(master, 'GET', keys[0] ?? '')).toBe(master === to ? keys[0] : 'MOVED')
    expect(await cluster.ownerOf(slot)).toBe(to)
  })

  it('moves a slot back, an empty one too', async () => {
    const { slot, from, to } = await ownersAndAnother('{empty}')
    expect(await cluster.moveSlot(slot, from, to)).toBe(0)
    expect(await cluster.moveSlot(slot, to, from)).toBe(0)
    expect(await cluster.ownerOf(slot)).toBe(from)
  })
})
