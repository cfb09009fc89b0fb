import { expect, it } from 'vitest'
import { newKey, recordWith } from '../../../bench/file/support.ts'
import type { StoreKey } from '../../../src/session/id.ts'
import { isSessionError } from '../../../src/session/errors.ts'
import { openDriver } from './support.ts'

const TIMES = 150
const LOGINS = 6
/** A login waits for up to so many turns of the promises first: it ends at another moment of the revocation each time. */
const MOST_TURNS = 8
const handles = (key: StoreKey): string => key.slice(0, 24)

it('ASVS-7.4.2: what was written before a revocation is answered does not outlive it', async () => {
  const driver = await openDriver()
  let written = 0
  let outlived = 0
  for (let time = 0; time < TIMES; time++) {
    const userId = `user ${time}`
    let isRevoked = false
    const early: StoreKey[] = []
    const logIn = async (turns: number): Promise<void> => {
      for (let turn = 0; turn < turns; turn++) await Promise.resolve()
      const key = newKey()
      try {
        await driver.insert(key, recordWith('x', { userId, handle: handles(key) }))
        written += 1
        if (!isRevoked) early.push(key)
      } catch (error) {
        if (!isSessionError(error) || error.code !== 'ERR_SESSION_GONE') throw error
      }
    }
    const revoke = async (): Promise<void> => {
      await driver.revokeUser(userId)
      isRevoked = true
    }
    const logins = Array.from({ length: LOGINS }, async (_, lane) => {
      for (let turns = 1; turns < MOST_TURNS; turns += 1 + lane) {
        await new Promise((resolve) => setImmediate(resolve))
        await logIn(turns)
      }
    })
    await Promise.all([...logins, revoke()])
    for (const key of early) if ((await driver.read(key)) !== undefined) outlived += 1
  }
  expect(written).toBeGreaterThan(TIMES)
  expect(outlived).toBe(0)
})
