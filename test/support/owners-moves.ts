import type { ListingDriver, LockingDriver, RewritingDriver } from '../../src/contracts/driver.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { isSessionError } from '../../src/session/errors.ts'
import { rngOf } from '../manager/support/rng.ts'
import { answers, pauses } from './owners-races.ts'
import { everyPage, loggedIn } from './owners-shop.ts'
import type { Known } from './owners-shop.ts'

type WholeDriver = LockingDriver & ListingDriver & RewritingDriver
export type HowToEnd = 'by handle' | 'by handle of anybody' | 'of the user' | 'all'

export interface MoveRaces {
  /** Sessions that live although they were there all the time, under one id or another: must be 0. */
  readonly escaped: number
  /** Ends by handle that said there was no such session: must be 0. */
  readonly denied: number
  /** Changes of id that were carried out, so that it can be seen that there were some. */
  readonly moves: number
}

const MOST_MOVES = 3
/** What a request is told whose session was ended: it is gone, or its id leads to a new one. */
const ENDED = new Set(['ERR_SESSION_GONE', 'ERR_SESSION_READONLY'])

/**
 * Ends sessions from one process while they take new ids by requests in another, a few times and then no more, in an order that the seed decides.
 *
 * @param beside Sessions that lie still, so that there are several pages.
 */
export async function moveRaces(
  drivers: readonly [WholeDriver, WholeDriver],
  { rounds, seed, how, beside = 0 }: { readonly rounds: number; readonly seed: number; readonly how: HowToEnd; readonly beside?: number },
): Promise<MoveRaces> {
  const rng = rngOf(seed)
  const [sessions, elsewhere] = drivers.map((driver) => new SessionManager({ driver, collectEverySeconds: 0 }))
  if (sessions === undefined || elsewhere === undefined) throw new Error('there is no process')
  const counts = { escaped: 0, denied: 0, moves: 0 }
  let crowd = 0

  const move = async ({ id }: Known, spread: number): Promise<void> => {
    let now = id
    for (let moves = rng.below(MOST_MOVES + 1); moves > 0; moves--) {
      await pauses(rng, spread)
      await answers(rng, 3, drivers[1])
      const session = await elsewhere.start(now)
      if (session.isNew) return
      try {
        await session.regenerate({ destroy: rng.chance(0.3) })
        await session.save()
      } catch (error) {
        if (!isSessionError(error) || !ENDED.has(error.code)) throw error
        return
      }
      counts.moves += 1
      now = session.id
    }
  }

  for (let round = 0; round < rounds; round++) {
    const user = `user ${round} of ${seed}`
    for (; crowd < beside; crowd++) await loggedIn(elsewhere, how === 'by handle' ? user : undefined)
    const known = await Promise.all(Array.from({ length: how === 'all' || how === 'of the user' ? 5 : 1 }, () => loggedIn(elsewhere, user)))
    const spread = 1 + rng.below(8)
    const end = async (): Promise<void> => {
      await pauses(rng, spread)
      await answers(rng, 16, drivers[0])
      if (how === 'all') await sessions.revokeAll()
      else if (how === 'of the user') await sessions.revokeUser(user)
      else {
        const [{ handle } = { handle: '-' }] = known
        const wasThere = await sessions.revoke(handle, how === 'by handle' ? { userId: user } : {})
        if (!wasThere) counts.denied += 1
      }
      if (how !== 'by handle of anybody') crowd = 0
    }
    await Promise.all([...known.map((one) => move(one, spread)), end()])
    const alive = new Set((await everyPage(sessions, { userId: user })).flat().map(({ handle }) => handle))
    counts.escaped += known.filter(({ handle }) => alive.has(handle)).length
  }
  for (const manager of [sessions, elsewhere]) await manager.close()
  return counts
}
