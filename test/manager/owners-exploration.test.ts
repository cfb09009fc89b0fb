import { describe, expect, it } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { delayed } from '../support/delayed-driver.ts'
import { moveRaces } from '../support/owners-moves.ts'
import { rngOf } from './support/rng.ts'

const WAYS = ['by handle', 'by handle of anybody', 'all'] as const

describe('sessions that take new ids while they are ended', () => {
  it.each(WAYS)('ASVS-7.4.1: do not escape, in memory, 300 times (%s)', async (how) => {
    const rng = rngOf(7)
    const driver = delayed(new MemoryDriver(), rng)
    const counts = await moveRaces([driver, driver], { rounds: 300, seed: 1, how })
    expect(counts).toMatchObject({ escaped: 0, denied: 0 })
    expect(counts.moves).toBeGreaterThan(100)
  })

  it.each(WAYS)('ASVS-7.4.1: do not escape where there are several pages, in memory, 60 times (%s)', async (how) => {
    const rng = rngOf(8)
    const driver = delayed(new MemoryDriver(), rng)
    const counts = await moveRaces([driver, driver], { rounds: 60, seed: 2, how, beside: 150 })
    expect(counts).toMatchObject({ escaped: 0, denied: 0 })
    expect(counts.moves).toBeGreaterThan(20)
  })
})
