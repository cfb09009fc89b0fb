import { describe, expect, it } from 'vitest'
import { SessionManager } from '../../src/manager/session-manager.ts'
import type { LifetimeOptions } from '../../src/manager/options.ts'
import type { Session } from '../../src/session/session.ts'
import type { MovedStore } from './moved-stores.ts'
import { asked, nextId, visited } from './visits.ts'

const IDLE = 600
const ABSOLUTE = 3000
const MINUTE = 60_000

interface World extends MovedStore {
  readonly sessions: SessionManager
  readonly id: string
}

const login = (session: Session): void => {
  session.setUserId('ada')
  session.set('n', 0)
}

const isGone = ({ isNew }: Session): boolean => isNew

/** What a store ends, and when, as one sees it whose clock can be moved. Nothing is ever collected. */
export function limitsSuite(name: string, open: () => Promise<MovedStore>): void {
  describe(`the limits of sessions in ${name}`, () => {
    async function world(lifetime: LifetimeOptions = {}): Promise<World> {
      const store = await open()
      const limits = { idleSeconds: IDLE, absoluteSeconds: ABSOLUTE, touchEverySeconds: 0, ...lifetime }
      // The process has a clock of its own, which is wrong.
      const sessions = new SessionManager({ driver: store.driver, collectEverySeconds: 0, clock: () => 0, lifetime: limits })
      const { sent = '' } = await visited(sessions, [], login)
      return { ...store, sessions, id: sent }
    }

    /** Uses the session each minute for so long. Answers after how many milliseconds it was gone. */
    async function useFor(store: World, ms: number, use: (session: Session) => unknown): Promise<number | undefined> {
      let { id } = store
      for (let passed = 0; passed < ms; passed += MINUTE) {
        store.clock.advance(MINUTE)
        if (await asked(store.sessions, id, isGone)) return passed + MINUTE
        id = await nextId(store.sessions, id, use)
      }
      return undefined
    }

    it('ASVS-7.3.1: without use a session works until its idle time is over, and then is refused, though nobody collects', async () => {
      for (const concurrency of ['readonly', 'merge', 'exclusive'] as const) {
        const { sessions, clock, id } = await world()
        for (let uses = 0; uses < 2; uses++) {
          clock.advance(1000 * IDLE - 1)
          expect((await visited(sessions, id, (session) => session.get('n'), { concurrency })).result).toBe(0)
        }
        clock.advance(1000 * IDLE)
        expect((await visited(sessions, id, isGone, { concurrency })).result).toBe(true)
      }
    })

    it('ASVS-7.3.1: each use begins the idle time anew, whether it changes something or not', async () => {
      for (const use of [() => undefined, (session: Session) => session.increment('n')]) {
        const { sessions, clock, id } = await world()
        clock.advance(1000 * IDLE - 1)
        await visited(sessions, id, use)
        clock.advance(1000 * IDLE - 1)
        expect(await asked(sessions, id, isGone)).toBe(false)
        clock.advance(1)
        expect(await asked(sessions, id, isGone)).toBe(true)
      }
    })

    it('ASVS-7.3.2: no activity carries a session past its absolute limit', async () => {
      for (const use of [() => undefined, (session: Session) => session.increment('n'), (session: Session) => session.setUserId('eve')]) {
        expect(await useFor(await world(), 2000 * ABSOLUTE, use)).toBe(1000 * ABSOLUTE)
      }
    })

    it('ASVS-7.3.2: nor does any new id', async () => {
      for (const destroy of [false, true]) {
        expect(await useFor(await world(), 2000 * ABSOLUTE, (session) => session.regenerate({ destroy }))).toBe(1000 * ABSOLUTE)
      }
      expect(await useFor(await world({ rotateEverySeconds: 300 }), 2000 * ABSOLUTE, () => undefined)).toBe(1000 * ABSOLUTE)
    })

    it('ASVS-7.3.2: to the millisecond, and what is stored late does not help', async () => {
      const { sessions, clock, id } = await world()
      for (let passed = 0; passed < 1000 * (ABSOLUTE - IDLE); passed += MINUTE) {
        clock.advance(MINUTE)
        await visited(sessions, id, (session) => session.increment('n'))
      }
      clock.advance(1000 * IDLE - 1)
      expect((await visited(sessions, id, (session) => session.increment('n'))).result).toBe(41)
      clock.advance(1)
      expect(await asked(sessions, id, isGone)).toBe(true)
      expect((await visited(sessions, id, isGone)).result).toBe(true)
    })

    it('NIST-5.2: only a new proof of who the user is begins both limits anew', async () => {
      const { sessions, clock, id } = await world()
      const useUntil = async (ms: number): Promise<void> => {
        for (let passed = 0; passed < ms; passed += MINUTE) {
          clock.advance(MINUTE)
          expect(await asked(sessions, id, isGone)).toBe(false)
          await visited(sessions, id, () => undefined)
        }
      }
      await useUntil(1000 * ABSOLUTE - MINUTE)
      await visited(sessions, id, (session) => session.markAuthenticated())
      await useUntil(1000 * ABSOLUTE - MINUTE)
      clock.advance(MINUTE)
      expect(await asked(sessions, id, isGone)).toBe(true)
    })

    it('NIST-5.2: and that does not keep a session from ending for lack of use', async () => {
      const { sessions, clock, id } = await world()
      await visited(sessions, id, (session) => session.markAuthenticated())
      clock.advance(1000 * IDLE)
      expect(await asked(sessions, id, isGone)).toBe(true)
    })

    it('a preset is enforced as its numbers are', async () => {
      const store = await open()
      const sessions = new SessionManager({
        driver: store.driver,
        lifetime: { preset: 'aal3', touchEverySeconds: 0 },
        collectEverySeconds: 0,
      })
      const { sent = '' } = await visited(sessions, [], login)
      store.clock.advance(899_999)
      await visited(sessions, sent, () => undefined)
      for (let passed = 899_999; passed < 43_200_000 - 600_000; passed += 600_000) {
        store.clock.advance(600_000)
        expect((await visited(sessions, sent, isGone)).result).toBe(false)
      }
      store.clock.advance(600_000)
      expect((await visited(sessions, sent, isGone)).result).toBe(true)
    })
  })
}
