import { describe, expect, it, vi } from 'vitest'
import { keyOf } from '../manager/support/shop.ts'
import { openOwnersWorld } from './owners-world.ts'
import type { OwnersStore } from './owners-world.ts'
import { nextId } from './visits.ts'

const OFTEN = { everySeconds: 0.05 }

/** What must be true of watching a session on every store: here another process ends it, and tells nobody. */
export function watchSuite(name: string, open: () => OwnersStore | Promise<OwnersStore>): void {
  describe(`a session in ${name} that is watched`, () => {
    it('is told to have ended when another process revokes all of its user', async () => {
      const { deploy } = await openOwnersWorld(open)
      const [here, there] = [await deploy(), await deploy()]
      const session = await here.sessions.start()
      session.setUserId(42)
      await session.save()
      const watching = session.watch(OFTEN)
      expect(await there.sessions.revokeUser(42)).toBe(1)
      expect(await watching).toEqual({ reason: 'revoked' })
    })

    it('is followed to the id that another process gives it, and told to have ended when a login there replaces that', async () => {
      const { deploy } = await openOwnersWorld(open)
      const [here, there] = [await deploy(), await deploy()]
      const session = await here.sessions.start()
      session.set('n', 1)
      await session.save()
      let reason: string | undefined
      const watching = session.watch(OFTEN).then((end) => {
        ;({ reason } = end)
      })
      const rotated = await nextId(there.sessions, session.id, (other) => other.regenerate())
      const looks = (): number => here.driver.calls.filter(({ method, key }) => method === 'read' && key === keyOf(rotated)).length
      await vi.waitFor(() => expect(looks()).toBeGreaterThan(2), { timeout: 10_000 })
      expect(reason).toBeUndefined()
      await nextId(there.sessions, rotated, (other) => other.regenerate({ destroy: true }))
      await watching
      expect(reason).toBe('revoked')
    })

    it('expires as if nobody watched', async () => {
      const { deploy } = await openOwnersWorld(open)
      const { sessions, driver } = await deploy({ lifetime: { idleSeconds: 1.5 } })
      const session = await sessions.start()
      session.set('n', 1)
      await session.save()
      const before = await driver.read(keyOf(session.id))
      const watching = session.watch(OFTEN)
      await vi.waitFor(() => expect(driver.methods.filter((method) => method === 'read').length).toBeGreaterThan(3), { interval: 10 })
      const after = await driver.read(keyOf(session.id))
      expect(after).toEqual(before && { ...before, now: after?.now })
      expect(await watching).toEqual({ reason: 'expired' })
    })
  })
}
