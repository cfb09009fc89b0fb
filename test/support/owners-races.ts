import type { ListingDriver, LockingDriver, RecordWrite, RewritingDriver, SessionDriver } from '../../src/contracts/driver.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { isSessionError } from '../../src/session/errors.ts'
import { hashAsStoreKey } from '../../src/session/id.ts'
import { rngOf, stagger } from '../manager/support/rng.ts'
import type { Rng } from '../manager/support/rng.ts'
import { delayed } from './delayed-driver.ts'
import { everyPage, loggedIn } from './owners-shop.ts'

type WholeDriver = LockingDriver & ListingDriver & RewritingDriver

export interface LoginRaces {
  /** Logins that live although the driver was asked for them before the revocation, and had written them before it had answered that: must be 0. */
  readonly escaped: number
  /** Logins that were sent again under another id after a revocation had met them: must be 0. */
  readonly resent: number
  /** Logins that began when the revocation had been answered, and do not live: must be 0. */
  readonly endedWrongly: number
  /** Logins that do not live. */
  readonly ended: number
  /** Logins that live. */
  readonly after: number
  /** Logins whose write and the revocation were asked of the driver at the same time. */
  readonly met: number
}

/** When a driver was asked for something, and when it had answered: on a counter that all drivers of a test share. */
interface Span {
  readonly asked: number
  readonly answered: number
}

/** When each session, by its handle, was last written, and when a user was last revoked. */
class Chronicle {
  readonly writes = new Map<string, Span>()
  revocation: Span | undefined
  #tick = 0

  /** A driver that writes down when it was asked and when it answered. */
  of(driver: WholeDriver): WholeDriver {
    return new Proxy(driver, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        return async (...given: unknown[]): Promise<unknown> => {
          const asked = ++this.#tick
          try {
            return await Reflect.apply(value, target, given)
          } finally {
            const span = { asked, answered: ++this.#tick }
            if (name === 'revokeUser') this.revocation = span
            const write = given.find(
              (one): one is RecordWrite => typeof one === 'object' && one !== null && 'writeToken' in one && 'payload' in one,
            )
            if (write?.userId !== undefined) this.writes.set(write.handle, span)
          }
        }
      },
    })
  }
}

const LOGINS = 20

/**
 * Logs one user in many times while all sessions of that user are ended, in an order that the seed decides: by new sessions, by such as were
 * nobody's, and with new ids.
 *
 * @param drivers Of two processes, or twice the same.
 */
export async function loginRaces(
  drivers: readonly [WholeDriver, WholeDriver],
  { rounds, seed }: { readonly rounds: number; readonly seed: number },
): Promise<LoginRaces> {
  const rng = rngOf(seed)
  const chronicle = new Chronicle()
  const managers = drivers.map((driver) => new SessionManager({ driver: delayed(chronicle.of(driver), rng), collectEverySeconds: 0 }))
  const counts = { escaped: 0, resent: 0, endedWrongly: 0, ended: 0, after: 0, met: 0 }

  for (let round = 0; round < rounds; round++) {
    const user = `user ${round} of ${seed}`
    const anonymous = await Promise.all(Array.from({ length: LOGINS / 2 }, () => loggedIn(rng.pick(managers), undefined)))
    const spread = 1 + rng.below(12)
    const revoke = async (): Promise<void> => {
      await pauses(rng, spread)
      await answers(rng, spread, drivers[0])
      await rng.pick(managers).revokeUser(user)
    }
    const login = async (id: string | undefined): Promise<void> => {
      const session = await rng.pick(managers).start(id)
      session.setUserId(user)
      if (rng.chance(0.5)) await session.regenerate({ destroy: true })
      await pauses(rng, spread)
      await answers(rng, spread, drivers[1])
      await session.save().catch(passGone)
    }
    const ids = Array.from({ length: LOGINS }, (_, n) => anonymous[n]?.id)
    chronicle.writes.clear()
    await Promise.all([...ids.map(login), revoke()])
    const alive = new Set((await everyPage(rng.pick(managers), { userId: user })).flat().map(({ handle }) => handle))
    const { revocation, writes } = chronicle
    if (revocation === undefined || writes.size < LOGINS) throw new Error(`there were ${writes.size} logins`)
    counts.resent += writes.size - LOGINS
    for (const [handle, { asked, answered }] of writes) {
      const lives = alive.has(handle)
      if (lives && asked < revocation.asked && answered < revocation.answered) counts.escaped += 1
      if (!lives && asked > revocation.answered) counts.endedWrongly += 1
      if (asked < revocation.answered && answered > revocation.asked) counts.met += 1
      counts[lives ? 'after' : 'ended'] += 1
    }
  }
  for (const manager of managers) await manager.close()
  return counts
}

const NO_KEY = hashAsStoreKey('0'.repeat(64))

/** Waits for some answers of a store: how many, chance decides. So a pause is as long on a slow store as what it is to come between. */
export async function answers(rng: Rng, most: number, driver: SessionDriver): Promise<void> {
  for (let left = rng.below(most); left > 0; left--) await driver.read(NO_KEY)
}

export async function pauses(rng: Rng, most: number): Promise<void> {
  for (let turns = rng.below(most); turns > 0; turns--) await stagger(rng)
}

function passGone(error: unknown): void {
  if (!isSessionError(error) || error.code !== 'ERR_SESSION_GONE') throw error
}
