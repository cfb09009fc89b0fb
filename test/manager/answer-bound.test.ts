import { stat } from 'node:fs/promises'
import { setTimeout as later } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { codeOf } from './support/shop.ts'

const NEVER = new Promise<never>(() => undefined)
type Step = 'open' | 'acquire' | 'insert' | 'commit' | 'destroy' | 'unlock'

/** A store that may stop answering, and does not watch it itself. */
function unwatchedDriver(): MemoryDriver {
  return Object.assign(new MemoryDriver({ acknowledged: true }), { boundsAnswers: false })
}

function standStill(): void {
  for (const end = performance.now() + 1500; performance.now() < end;);
}

interface SilentShop {
  readonly sessions: SessionManager
  readonly id: string
  readonly silence: (step: Step) => void
  readonly answersWhileStanding: (step: 'acquire' | 'commit') => void
}

/** A shop whose store stops answering one of its steps, or answers it while the process stands still. */
async function silentShop(): Promise<SilentShop> {
  const driver = unwatchedDriver()
  const sessions = new SessionManager({ driver, lock: { waitSeconds: 0.05 } })
  const first = await sessions.start()
  first.set('n', 1)
  await first.save()
  return {
    sessions,
    id: first.id,
    silence: (step) => Object.assign(driver, { [step]: () => NEVER }),
    answersWhileStanding: (step) => {
      const ask: (...asked: never[]) => Promise<unknown> = driver[step].bind(driver)
      Object.assign(driver, {
        [step]: (...asked: never[]) => {
          // Of the system, as a store's answer is: it is there soon, and nobody looks before the timers have gone off.
          const answer = stat('.').then(() => ask(...asked))
          queueMicrotask(standStill)
          return answer
        },
      })
    },
  }
}

describe('a store that never answers (rule 9)', () => {
  it('fails a start after lock.waitSeconds', async () => {
    const { sessions, id, silence } = await silentShop()
    silence('acquire')
    expect(await codeOf(sessions.start(id))).toBe('ERR_SESSION_DRIVER_FAILED')
  })

  it('fails the first save of all, before which the store is opened', async () => {
    const driver = Object.assign(unwatchedDriver(), { open: () => NEVER })
    const sessions = new SessionManager({ driver, lock: { waitSeconds: 0.05 } })
    const session = await sessions.start()
    session.set('n', 1)
    expect(await codeOf(session.save())).toBe('ERR_SESSION_DRIVER_FAILED')
  })

  it('fails a save, which never says that it was stored', async () => {
    const { sessions, id, silence } = await silentShop()
    const session = await sessions.start(id)
    silence('commit')
    session.set('n', 2)
    expect(await codeOf(session.save())).toBe('ERR_SESSION_DRIVER_FAILED')
  })

  it('fails the save of a new session', async () => {
    const { sessions, silence } = await silentShop()
    const session = await sessions.start()
    silence('insert')
    session.set('n', 2)
    expect(await codeOf(session.save())).toBe('ERR_SESSION_DRIVER_FAILED')
  })

  it('fails a logout, which never says that the session is gone', async () => {
    const { sessions, id, silence } = await silentShop()
    const session = await sessions.start(id)
    silence('destroy')
    expect(await codeOf(session.destroy())).toBe('ERR_SESSION_DRIVER_FAILED')
  })

  it('does not keep the manager from closing', async () => {
    const { sessions, id, silence } = await silentShop()
    const session = await sessions.start(id)
    silence('unlock')
    await session.release()
    await sessions.close()
    expect(await codeOf(sessions.start(id))).toBe('ERR_SESSION_DRIVER_FAILED')
  })
})

describe('a process that stood still for longer than lock.waitSeconds', () => {
  it('takes the answers that came meanwhile', async () => {
    const { sessions, id, answersWhileStanding } = await silentShop()
    answersWhileStanding('acquire')
    const session = await sessions.start(id)
    session.set('n', 2)
    answersWhileStanding('commit')
    await session.save()
    expect((await sessions.start(id)).get('n')).toBe(2)
  })
})

describe('a driver that bounds its answers itself', () => {
  it('may take longer than the manager would wait', async () => {
    const driver = new MemoryDriver({ acknowledged: true })
    const sessions = new SessionManager({ driver, lock: { waitSeconds: 0.05 } })
    const first = await sessions.start()
    first.set('n', 1)
    await first.save()
    const acquire = driver.acquire.bind(driver)
    Object.assign(driver, { acquire: (...args: Parameters<typeof acquire>) => later(1200).then(() => acquire(...args)) })
    expect((await sessions.start(first.id)).id).toBe(first.id)
  })
})
