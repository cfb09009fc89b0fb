import { expect, it } from 'vitest'
import { FaultCrew, timesOf } from '../../proof/run/fault-crew.ts'
import type { Fault } from '../../proof/run/faults/fault.ts'
import { faultsFor } from '../../proof/run/faults/index.ts'
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
const crewOf = (faults: readonly Fault[], isOver = () => false) =>
  new FaultCrew({ store: memory, hosts: [], faults, leaseMs: 100, seed: 1, times: timesOf(40), isOver, log: () => {} })

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

it('over memory there is no other process to be killed, no server, and no disk', () => {
  const names = faultsFor(memory).map(({ name }) => name)
  expect(names).toContain('stop')
  expect(names).toContain('clock')
  expect(
    names.filter((name) => name === 'kill' || name.startsWith('store-') || name.startsWith('full') || name.startsWith('read')),
  ).toEqual([])
})
