import { describe, expect, it } from 'vitest'
import { killSaves } from '../../../bench/file/killed-saves.ts'
import { runIncrements } from '../../../bench/file/increments.ts'
import { logoutsAcrossProcesses, logoutsOnFiles } from '../../../bench/file/logouts.ts'
import { readBesideWrites } from '../../../bench/file/reads.ts'

// The same at full size: npm run figures -- file-increments, file-killed-saves, file-reads, file-logouts.

describe('when processes that use one session are killed', () => {
  it('no acknowledged increment is lost, and neither locks nor files are left behind', { timeout: 120_000 }, async () => {
    const result = await runIncrements({ processes: 4, increments: 500, everyMean: 60, seed: 1 })
    expect(result).toMatchObject({ lost: 0, tooMany: 0, locksLeft: 0, filesLeft: 0 })
    expect(result.acknowledged).toBeGreaterThanOrEqual(500)
    expect(result.kills).toBeGreaterThan(4)
  })

  it('a save that was killed at any of its steps left the session as before or as saved', { timeout: 120_000 }, async () => {
    const result = await killSaves(24, 2)
    expect(result).toMatchObject({ neither: 0, locksLeft: 0, filesLeft: 0 })
    expect(result.old + result.new).toBe(24)
  })
})

describe('beside another process', () => {
  it('a read without the lock is never called unreadable, mixed, or older than one before it', { timeout: 60_000 }, async () => {
    const result = await readBesideWrites(3000, 65_536)
    expect(result).toMatchObject({ unreadable: 0, otherErrors: 0, mixed: 0, backwards: 0 })
    expect(result.writesSeen).toBeGreaterThan(0)
  })

  it('no save brings a session back that was logged out', { timeout: 60_000 }, async () => {
    const result = await logoutsAcrossProcesses(500, 3)
    expect(result.broughtBack).toBe(0)
    expect(result.saved + result.refused).toBe(500)
  })

  it('no save brings a session back that was logged out while the disk was waited for', async () => {
    const result = await logoutsOnFiles(50, 4, 'power')
    expect(result.broughtBack).toBe(0)
    expect(result.saved + result.refused).toBe(50)
  })
})
