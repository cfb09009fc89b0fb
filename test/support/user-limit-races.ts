import type { ListingDriver, LockingDriver, RewritingDriver } from '../../src/contracts/driver.ts'
import type { LifetimeOptions, UserLimitOptions } from '../../src/manager/options.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { isSessionError } from '../../src/session/errors.ts'
import { rngOf } from '../manager/support/rng.ts'
import { delayed } from './delayed-driver.ts'
import { pauses } from './owners-races.ts'
import { everyPage, loggedIn } from './owners-shop.ts'

type WholeDriver = LockingDriver & ListingDriver & RewritingDriver

export interface LimitRaces {
  /** Rounds after which the user had more sessions than the limit: must be 0. */
  readonly tooMany: number
  /** Rounds after which the user had fewer, although more logins were answered. */
  readonly tooFew: number
  /** Rounds after which the user had none, although there were logins that were answered. */
  readonly none: number
  /** Logins that were refused, and that live: must be 0. */
  readonly refusedButStored: number
  /** Logins that were answered, and do not live: must be 0 unless others are evicted. */
  readonly storedButGone: number
  readonly stored: number
  readonly refused: number
}

export interface LimitRacesOptions {
  readonly rounds: number
  readonly seed: number
  readonly limit: UserLimitOptions
  readonly lifetime?: LifetimeOptions
}

const LOGINS = 20

/**
 * Logs one user in many times at once, in an order that the seed decides: by new sessions, by such as were nobody's or another's, and with new ids.
 *
 * @param drivers Of two processes, or twice the same.
 */
export async function limitRaces(
  drivers: readonly [WholeDriver, WholeDriver],
  { rounds, seed, limit, lifetime = {} }: LimitRacesOptions,
): Promise<LimitRaces> {
  const rng = rngOf(seed)
  const options = { maxPerUser: limit, lifetime, collectEverySeconds: 0 }
  const managers = drivers.map((driver) => new SessionManager({ driver: delayed(driver, rng), ...options }))
  const counts = { tooMany: 0, tooFew: 0, none: 0, refusedButStored: 0, storedButGone: 0, stored: 0, refused: 0 }

  for (let round = 0; round < rounds; round++) {
    const user = `user ${round} of ${seed} and ${limit.sessions}`
    const before = await Promise.all(
      Array.from({ length: LOGINS / 2 }, (_, n) => loggedIn(rng.pick(managers), n % 2 === 0 ? undefined : `${user}, ${n} before`)),
    )
    const spread = 1 + rng.below(12)
    const login = async (id: string | undefined): Promise<{ readonly handle: string | undefined; readonly isStored: boolean }> => {
      const session = await rng.pick(managers).start(id)
      session.setUserId(user)
      if (rng.chance(0.5)) await session.regenerate({ destroy: true })
      await pauses(rng, spread)
      const { handle } = session
      try {
        await session.save()
        return { handle: session.handle, isStored: true }
      } catch (error) {
        if (!isSessionError(error) || error.code !== 'ERR_SESSION_LIMIT') throw error
        return { handle, isStored: false }
      }
    }
    const logins = await Promise.all(Array.from({ length: LOGINS }, (_, n) => login(before[n]?.id)))
    const alive = (await everyPage(rng.pick(managers), { userId: user })).flat().map(({ handle }) => handle)
    const stored = logins.filter(({ isStored }) => isStored)
    counts.stored += stored.length
    counts.refused += logins.length - stored.length
    counts.storedButGone += stored.filter(({ handle = '-' }) => !alive.includes(handle)).length
    counts.refusedButStored += logins.filter(({ handle = '-', isStored }) => !isStored && alive.includes(handle)).length
    if (new Set(alive).size !== alive.length) throw new Error('a session is listed twice')
    if (alive.length > limit.sessions) counts.tooMany += 1
    if (alive.length < Math.min(limit.sessions, stored.length)) counts.tooFew += 1
    if (alive.length === 0 && stored.length > 0) counts.none += 1
  }
  for (const manager of managers) await manager.close()
  return counts
}
