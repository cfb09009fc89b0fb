import type { ListingDriver, LockingDriver } from '../../src/contracts/driver.ts'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { isSessionError } from '../../src/session/errors.ts'
import type { Session } from '../../src/session/session.ts'
import { randomFrom, withFolder } from '../file/support.ts'
import type { Figure, FigureRow } from './figure.ts'

export interface LogoutRaces {
  readonly logouts: number
  /** Saves that came before the logout. */
  readonly saved: number
  /** Saves that came too late. */
  readonly refused: number
  /** Sessions that could be opened after the logout: must be 0. */
  readonly broughtBack: number
}

type Driver = LockingDriver & ListingDriver

const SAVERS = 3
/** What a save is told after the logout, or when a login took the session elsewhere before it. */
const TOO_LATE: ReadonlySet<string> = new Set(['ERR_SESSION_GONE', 'ERR_SESSION_READONLY'])

/**
 * Logs users out while requests of their sessions save, change their ids or wait for the lock, in an order that the seed decides. The
 * logout is one of the visitor, or a revocation, which asks for no lock.
 *
 * @param drivers Of two processes, or twice the same.
 */
export async function logoutRaces(drivers: readonly [Driver, Driver], logouts: number, seed: number): Promise<LogoutRaces> {
  const random = randomFrom(seed)
  const managers = drivers.map((driver) => new SessionManager({ driver, collectEverySeconds: 0 }))
  const counts = { saved: 0, refused: 0, broughtBack: 0 }
  const anyOf = <Item>(items: readonly Item[]): Item => {
    const at = Math.floor(random() * items.length)
    for (const item of items.slice(at, at + 1)) return item
    throw new RangeError('there is none')
  }
  const pause = async (): Promise<void> => {
    for (let turns = Math.floor(random() * 4); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve))
  }

  const save = async (id: string, ids: Set<string>): Promise<void> => {
    await pause()
    const session = await anyOf(managers).start(id)
    const isNew = session.isNew
    try {
      await change(session)
      await session.save()
    } catch (error) {
      if (!isSessionError(error) || !TOO_LATE.has(error.code)) throw error
      counts.refused += 1
      return
    }
    // One that came after the logout has a session of its own.
    if (isNew) counts.refused += 1
    else {
      counts.saved += 1
      ids.add(session.id)
    }
  }
  const change = async (session: Session): Promise<void> => {
    session.increment('n')
    await pause()
    if (random() < 0.3) await session.save({ keepOpen: true })
    await pause()
    if (random() < 0.3) await session.regenerate({ destroy: random() < 0.3 })
    await pause()
  }
  const logOut = async (id: string, user: string): Promise<void> => {
    for (let steps = Math.floor(random() * 5); steps > 0; steps--) await pause()
    if (random() < 0.5) return void (await anyOf(drivers).revokeUser(user))
    const session = await anyOf(managers).start(id)
    await pause()
    if (session.isNew) await session.release()
    else await session.destroy()
    // A login may have taken the session elsewhere before: then this visitor's logout is no logout of that.
    await anyOf(drivers).revokeUser(user)
  }

  for (let each = 0; each < logouts; each++) {
    const user = `user ${each}`
    const session = await anyOf(managers).start()
    session.setUserId(user)
    await session.save()
    const ids = new Set([session.id])
    await Promise.all([...Array.from({ length: SAVERS }, () => save(session.id, ids)), logOut(session.id, user)])
    const found = await Promise.all([...ids].map(async (id) => (await anyOf(managers).start(id, { concurrency: 'readonly' })).userId))
    if (found.includes(user)) counts.broughtBack += 1
  }
  for (const manager of managers) await manager.close()
  return { logouts, ...counts }
}

async function onFiles(logouts: number, seed: number): Promise<LogoutRaces> {
  return await withFolder((path) => logoutRaces([new FileDriver({ path }), new FileDriver({ path })], logouts, seed))
}

async function inMemory(logouts: number, seed: number): Promise<LogoutRaces> {
  const driver = new MemoryDriver({ acknowledged: true })
  return await logoutRaces([driver, driver], logouts, seed)
}

export const figure: Figure = {
  name: 'logout-races',
  title: 'Logouts and revocations while requests of the same session run in two managers, in random order',
  async run(size, { seed, log }) {
    const logouts = size === 'full' ? 10_000 : 300
    const counts: Record<string, number> = {}
    const rows: FigureRow[] = []
    for (const [name, run] of Object.entries({ memory: inMemory, files: onFiles })) {
      log(name)
      const { saved, refused, broughtBack } = await run(logouts, seed)
      Object.assign(counts, { [`${name}: saved`]: saved, [`${name}: refused`]: refused, [`${name}: broughtBack`]: broughtBack })
      rows.push({ driver: name, logouts, 'saved before': saved, 'saves refused': refused, 'brought back': broughtBack })
    }
    return { counts, rows }
  },
}
