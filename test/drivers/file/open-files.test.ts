import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { until } from '../../../proof/faults/until.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import type { Session } from '../../../src/session/session.ts'
import { openDriver } from './support.ts'

const DESCRIPTORS = '/proc/self/fd'
const TIMES = 5
const HANDLERS = 3
const PATIENCE_MS = 10_000

type Act = (session: Session<{ count: number }>, sessions: SessionManager<{ count: number }>) => Promise<unknown>

/** What a request may do to its session, by name. */
const acts: Readonly<Record<string, Act>> = {
  'is read': async (session) => session.get('count'),
  'is written': async (session) => session.increment('count'),
  'is saved twice': async (session) => {
    session.increment('count')
    await session.save({ keepOpen: true })
    session.increment('count')
  },
  'is given back early': async (session) => session.release(),
  'gets a new id': (session) => session.regenerate(),
  'gets a new id, and the old one ends': (session) => session.regenerate({ destroy: true }),
  'gets a user': async (session) => session.setUserId('u1'),
  'begins anew': (session) => session.invalidate(),
  'begins anew, and is written': async (session) => {
    await session.invalidate()
    session.increment('count')
  },
  'is ended': (session) => session.destroy(),
  'is ended with a new id under way': async (session) => {
    await session.regenerate()
    await session.destroy()
  },
  'is ended by another request': async (session, sessions) => {
    await sessions.revokeAll()
    session.increment('count')
  },
  'is in a request that fails': async () => {
    throw new Error('the handler failed')
  },
}

// Where the system does not list them, nothing can be counted.
describe.skipIf(!existsSync(DESCRIPTORS))('open files', () => {
  for (const concurrency of ['exclusive', 'merge'] as const) {
    for (const [name, act] of Object.entries(acts)) {
      it(`none is left when a session, ${concurrency}, ${name}`, async () => {
        const driver = await openDriver()
        const sessions = new SessionManager<{ count: number }>({ driver, concurrency })
        onTestFinished(() => sessions.close())
        for (let time = 0; time < TIMES; time++) {
          const id = await sessions.run(undefined, (session) => {
            session.set('count', 0)
            return () => session.id
          })
          // Some wait for the first, and find what it has left of the session.
          const request = () => sessions.run(id(), (session) => act(session, sessions)).catch(() => undefined)
          await Promise.all(Array.from({ length: HANDLERS }, request))
        }
        await until('files to be closed', () => openBelow(driver.path) === 0, PATIENCE_MS)
        expect(openBelow(driver.path)).toBe(0)
      })
    }
  }
})

/** How many open files of this process lie in a folder, removed ones included. */
function openBelow(folder: string): number {
  return readdirSync(DESCRIPTORS).filter((descriptor) => {
    try {
      return readlinkSync(`${DESCRIPTORS}/${descriptor}`).startsWith(folder)
    } catch {
      return false // That which the list was read by.
    }
  }).length
}
