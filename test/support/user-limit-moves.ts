import type { ListingDriver, LockingDriver, RewritingDriver } from '../../src/contracts/driver.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { isSessionError } from '../../src/session/errors.ts'
import { rngOf } from '../manager/support/rng.ts'
import { answers, pauses } from './owners-races.ts'
import { loggedIn } from './owners-shop.ts'
import type { Known } from './owners-shop.ts'

type WholeDriver = LockingDriver & ListingDriver & RewritingDriver

export interface MovingLimitRaces {
  /** Logins that were let in although the user had as many sessions as may be, all the time: must be 0. */
  readonly letIn: number
  /** Logins that were refused although the user had one fewer, all the time: must be 0. */
  readonly keptOut: number
  /** Changes of id that were carried out, so that it can be seen that there were some. */
  readonly moves: number
}

const SESSIONS = 2

/** Logs a user in by one process while the user's other sessions take new ids in another, in an order that the seed decides. */
export async function movingLimitRaces(
  drivers: readonly [WholeDriver, WholeDriver],
  { rounds, seed }: { readonly rounds: number; readonly seed: number },
): Promise<MovingLimitRaces> {
  const rng = rngOf(seed)
  const [driver, elsewhereDriver] = drivers
  const elsewhere = new SessionManager({ driver: elsewhereDriver, collectEverySeconds: 0 })
  const counts = { letIn: 0, keptOut: 0, moves: 0 }

  const move = async ({ id }: Known, spread: number): Promise<void> => {
    let now = id
    for (let moves = rng.below(4); moves > 0; moves--) {
      await pauses(rng, spread)
      await answers(rng, 3, elsewhereDriver)
      const session = await elsewhere.start(now)
      await session.regenerate()
      await session.save()
      counts.moves += 1
      now = session.id
    }
  }
  const isLetIn = async (manager: SessionManager, user: string, spread: number): Promise<boolean> => {
    await pauses(rng, spread)
    await answers(rng, 16, driver)
    try {
      await loggedIn(manager, user)
      return true
    } catch (error) {
      if (!isSessionError(error) || error.code !== 'ERR_SESSION_LIMIT') throw error
      return false
    }
  }

  for (let round = 0; round < rounds; round++) {
    const user = `user ${round} of ${seed}`
    const hasRoom = rng.chance(0.5)
    const maxPerUser = { sessions: hasRoom ? SESSIONS + 1 : SESSIONS, whenReached: 'refuse' } as const
    const manager = new SessionManager({ driver, collectEverySeconds: 0, maxPerUser })
    const known = await Promise.all(Array.from({ length: SESSIONS }, () => loggedIn(elsewhere, user)))
    const spread = 1 + rng.below(8)
    const [wasLetIn] = await Promise.all([isLetIn(manager, user, spread), ...known.map((one) => move(one, spread))])
    if (wasLetIn && !hasRoom) counts.letIn += 1
    if (!wasLetIn && hasRoom) counts.keptOut += 1
  }
  await elsewhere.close()
  return counts
}
