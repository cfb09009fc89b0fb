import { describe, expect, it } from 'vitest'
import type { SessionManager } from '../../src/manager/session-manager.ts'
import { openOwnersWorld } from './owners-world.ts'
import type { OwnersStore } from './owners-world.ts'

const MERGE = { concurrency: 'merge' } as const

/** What several processes that merge make of one session, on a real store. */
export function mergeSuite(name: string, open: () => OwnersStore | Promise<OwnersStore>): void {
  describe(`sessions that merge, on ${name}`, () => {
    async function threeProcesses(): Promise<{ managers: SessionManager[]; id: string }> {
      const world = await openOwnersWorld(open)
      const managers = [1, 2, 3].map(async () => (await world.deploy()).sessions)
      const [first, ...others] = await Promise.all(managers)
      if (first === undefined) expect.unreachable()
      const id = await first.run(undefined, (session) => {
        session.set('n', 0)
        session.flash('status', 'seen by all')
        return session.id
      })
      return { managers: [first, ...others], id }
    }

    it('lose no increment and no key, among requests that hold the lock and requests that do not', async () => {
      const { managers, id } = await threeProcesses()
      const work = managers.flatMap((sessions, process) =>
        Array.from({ length: 8 }, async (_, request) => {
          await sessions.run(
            id,
            async (session) => {
              session.increment('n')
              await new Promise((resolve) => setTimeout(resolve, (request * 7 + process) % 5))
              session.set(`by.${process}-${request}`, true)
            },
            request % 4 === 0 ? {} : MERGE,
          )
        }),
      )
      await Promise.all(work)
      const session = await managers[0]?.start(id, { concurrency: 'readonly' })
      expect(session?.get('n')).toBe(24)
      expect(Object.keys(session?.get('by') ?? {})).toHaveLength(24)
      expect(session?.flashes.visible()).toEqual({})
    })

    it('bring nothing back that another process ended', async () => {
      const { managers, id } = await threeProcesses()
      const [first, second] = managers
      const slow = second?.run(
        id,
        async (session) => {
          session.increment('n')
          await first?.run(id, (other) => other.destroy())
        },
        MERGE,
      )
      await expect(slow).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' })
      expect((await first?.start(id, { concurrency: 'readonly' }))?.isNew).toBe(true)
    })
  })
}
