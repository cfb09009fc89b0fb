import { expect, it } from 'vitest'
import { FaultCrew, timesOf } from '../../proof/run/fault-crew.ts'
import type { Fault } from '../../proof/run/faults/fault.ts'
import { faults as allFaults, faultsFor } from '../../proof/run/faults/index.ts'
import { Host } from '../../proof/run/host.ts'
import { startStore } from '../../proof/run/store.ts'

const struck: string[] = []
const fault = (scope: 'host' | 'store', name: string, hasStruck: () => boolean = () => true): Fault => ({
  scope,
  name,
  what: '',
  fits: () => true,
  strike: async () => {
    const has = hasStruck()
    if (has) struck.push(name)
    return has
  },
})
const memory = await startStore('memory')
const crewOf = (faults: readonly Fault[], isOver = () => false, hosts: readonly Host[] = []) =>
  new FaultCrew({ store: memory, hosts, faults, leaseMs: 100, seed: 1, times: timesOf(40), isOver, log: () => {} })

it('of the store strike so much more seldom than those of an application', () => {
  const times = timesOf(500)
  expect([times(fault('host', 'kill')), times(fault('store', 'store-kill'))]).toEqual([500, 15])
})

it('each strikes as often as it is to, and one that found nothing to strike is tried again', async () => {
  struck.length = 0
  let tries = 0
  const crew = crewOf([fault('store', 'sure'), fault('store', 'shy', () => (tries += 1) % 2 === 0)])
  await crew.work()
  expect([...crew.counts]).toEqual([
    ['sure', 2],
    ['shy', 2],
  ])
  expect(struck.toSorted()).toEqual(['shy', 'shy', 'sure', 'sure'])
  expect(tries).toBe(4)
})

it('one that never finds anything to strike is told, not waited for', async () => {
  const crew = crewOf([fault('store', 'never', () => false)])
  await expect(crew.work()).rejects.toThrow('never finds nothing to strike')
})

it('none strikes when the time is over', async () => {
  const crew = crewOf([fault('store', 'sure')], () => true)
  await crew.work()
  expect([...crew.counts]).toEqual([['sure', 0]])
})

it('of an application strike only while a request is under way', async () => {
  struck.length = 0
  await using host = await Host.start({ store: memory, leaseSeconds: 1 })
  const endsAt = Date.now() + 1000
  const idle = crewOf([fault('host', 'rare')], () => Date.now() >= endsAt, [host])
  await idle.work()
  expect([[...idle.counts], struck]).toEqual([[['rare', 0]], []])
  host.underWay = 1
  const busy = crewOf([fault('host', 'rare')], () => struck.length === 2, [host])
  await busy.work()
  expect([...busy.counts]).toEqual([['rare', 2]])
})

it('that make no sense over a store are left out, unless there are no others', () => {
  expect(faultsFor(memory, ['kill', 'stop']).map(({ name }) => name)).toEqual(['stop'])
  expect(() => faultsFor(memory, ['kill', 'failover'])).toThrow('none of these faults makes sense over memory: kill, failover')
})

it('a folder that takes no new files is one of files alone: SQLite has its own open', () => {
  const readOnly = allFaults.find(({ name }) => name === 'read-only')
  expect((['file', 'sqlite'] as const).map((driver) => readOnly?.fits({ ...memory, driver, folder: '/somewhere' }))).toEqual([true, false])
})

it('over memory there is no other process to be killed, no server, and no disk', () => {
  const names = faultsFor(memory).map(({ name }) => name)
  expect(names).toContain('stop')
  expect(names).toContain('clock')
  expect(
    names.filter((name) => name === 'kill' || name.startsWith('store-') || name.startsWith('full') || name.startsWith('read')),
  ).toEqual([])
})
