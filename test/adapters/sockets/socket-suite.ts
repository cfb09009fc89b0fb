import { describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { LockingDriver } from '../../../src/contracts/driver.ts'
import { openWorld } from '../../support/sealed-world.ts'
import type { Store } from '../../support/sealed-world.ts'
import { until } from '../node/support.ts'
import { attachWs, dialWs, openSocketApp } from './support.ts'
import type { ManagerOptions, SocketApp } from './support.ts'

/** What a WebSocket of `ws` sees of its session, on one kind of store. */
export function socketSuite(name: string, open: () => Store | Promise<Store>): void {
  async function loggedIn(options: ManagerOptions = {}): Promise<SocketApp & { readonly driver: LockingDriver }> {
    const { store } = await openWorld(open)
    const driver = await store.connect()
    const app = await openSocketApp(driver, options, attachWs())
    await app.post('/login')
    return Object.assign(app, { driver })
  }

  describe(`a WebSocket, with sessions in ${name}`, () => {
    it('ASVS-4.4.3: knows who its visitor is', async () => {
      const app = await loggedIn()
      expect((await dialWs(app)).greeting).toBe('Hello Ada')
    })

    it('is refused without a login', async () => {
      const app = await loggedIn()
      app.cookie = undefined
      await expect(dialWs(app)).rejects.toThrow('refused with 401')
    })

    it('ASVS-4.4.4: closes when all sessions of its user are revoked', async () => {
      const app = await loggedIn()
      const { closed } = await dialWs(app)
      expect(await app.sessions.revokeUser(42)).toBe(1)
      expect(await closed).toBe('revoked')
      await expect(dialWs(app)).rejects.toThrow('refused with 401')
    })

    it('closes when its visitor logs out on another page', async () => {
      const app = await loggedIn()
      const { closed } = await dialWs(app)
      await app.post('/logout')
      expect(await closed).toBe('revoked')
    })

    it('closes when its visitor logs in anew, and would be somebody else', async () => {
      const app = await loggedIn()
      const { closed } = await dialWs(app)
      await app.post('/login')
      expect(await closed).toBe('revoked')
      expect((await dialWs(app)).greeting).toBe('Hello Ada')
    })

    it('closes when the session expires, which it does not keep alive', async () => {
      const app = await loggedIn({ lifetime: { idleSeconds: 1.5 } })
      const { closed } = await dialWs(app)
      expect(await closed).toBe('expired')
    })

    it('stays open when the session gets a new id by itself, and closes when that one ends', async () => {
      const app = await loggedIn({ lifetime: { rotateEverySeconds: 0.05, graceSeconds: 0.1 } })
      const { ws, closed } = await dialWs(app)
      const before = app.cookie
      await vi.waitFor(
        async () => {
          await app.post('/visit')
          expect(app.cookie).not.toBe(before)
        },
        { timeout: 4000 },
      )
      const read = vi.spyOn(app.driver, 'read')
      await until(() => read.mock.calls.length >= 8)
      expect(ws.readyState).toBe(WebSocket.OPEN)
      await app.post('/logout')
      expect(await closed).toBe('revoked')
    })

    it('is opened while another request holds the session', async () => {
      const app = await loggedIn()
      const slow = app.post('/slow')
      await app.slow.inside.opened
      const { greeting, closed } = await dialWs(app)
      expect(greeting).toBe('Hello Ada')
      app.slow.goOn.open()
      await slow
      await app.post('/logout')
      expect(await closed).toBe('revoked')
    })
  })
}
