import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { hashId, successorId } from '../../src/manager/digest.ts'
import { newSessionId } from '../../src/session/id.ts'
import { codeOf } from './support/shop.ts'

// As in a runtime that has no modules of its own, such as a browser or a worker.
beforeEach(() => {
  vi.resetModules()
  vi.stubGlobal('process', { env: process.env, emitWarning: process.emitWarning.bind(process) })
})
afterEach(() => void vi.unstubAllGlobals())

describe('on web standards alone', () => {
  it('ids have the same keys and successors', async () => {
    const web = await import('../../src/manager/digest.ts')
    for (let each = 0; each < 20; each++) {
      const id = newSessionId()
      expect(web.hashId(id)).toBeInstanceOf(Promise)
      expect(await web.hashId(id)).toBe(hashId(id))
      expect(await web.successorId(id, 'salt')).toBe(successorId(id, 'salt'))
    }
  })

  it('sessions are stored, moved, ended and locked as elsewhere', async () => {
    const { SessionManager } = await import('../../src/manager/session-manager.ts')
    const sessions = new SessionManager({ driver: new MemoryDriver(), lock: { waitSeconds: 5 } })
    const session = await sessions.start()
    session.set('n', 0)
    await session.save()
    const { id } = session
    await Promise.all(
      Array.from({ length: 40 }, () =>
        sessions.run(id, async (open) => {
          const before = open.get('n') as number
          await new Promise((resolve) => setImmediate(resolve))
          open.set('n', before + 1)
        }),
      ),
    )
    const moved = await sessions.run(id, async (open) => {
      await open.regenerate()
      return open.id
    })
    const found = await sessions.start(id)
    expect([found.id, found.get('n')]).toEqual([moved, 40])
    await found.destroy()
    expect((await sessions.start(moved)).isNew).toBe(true)
  })

  it('a request that waits for itself cannot be known, and ends with its wait', async () => {
    const { SessionManager } = await import('../../src/manager/session-manager.ts')
    const sessions = new SessionManager({ driver: new MemoryDriver(), lock: { waitSeconds: 0.01 } })
    const id = await sessions.run(undefined, (session) => {
      session.set('n', 1)
      return session.id
    })
    expect(await sessions.run(id, () => codeOf(sessions.start(id)))).toBe('ERR_SESSION_LOCK_TIMEOUT')
  })
})
