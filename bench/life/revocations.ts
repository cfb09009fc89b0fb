import { SessionManager } from '../../src/index.ts'
import { isSessionError } from '../../src/session/errors.ts'
import { newKey, randomFrom } from '../file/support.ts'
import { keyOf } from '../shared/place.ts'
import { anyOf, below, inLanes, turns } from './lanes.ts'
import type { Store } from './stores.ts'

export interface RevocationCounts {
  /** Logins that were answered as done. */
  logins: number
  /** Of them those that were done when the revocation was sent, or had read the user's epoch. */
  underWay: number
  /** Of these, those whose session is there afterwards: must be 0. */
  survived: number
  /** Logins that were told that the session is gone. */
  refused: number
  /** Sessions that are there afterwards, and whose login reached the store while the revocation ran: as if they had come after it. */
  begunMeanwhile: number
  /** Of them those that were answered before the revocation was: they came after its last look. */
  cameBetween: number
  /** Sessions of the user that nobody has the id of: must be 0. */
  unknown: number
  /** Logins that began when the revocation had been answered. */
  afterwards: number
  /** Of them those whose session is not there: must be 0. */
  lostAfterwards: number
}

/** How a session becomes a user's: a new one, one that was nobody's with a new id or as it is, or one that is the user's and takes a new id. */
const logins = ['new', 'renewed', 'as it is'] as const
const forms = [...logins, 'moved'] as const
type Form = (typeof forms)[number]

export interface RevocationRun {
  readonly times: number
  readonly logins: number
  /** Users at once. */
  readonly atOnce: number
  readonly seed: number
}

interface Managers {
  /** Of the logins. */
  readonly busy: SessionManager
  /** Of the revocation. */
  readonly quiet: SessionManager
}

interface Login {
  readonly form: Form
  /** Of the session as it was before. */
  readonly before: string | undefined
  /** Turns that others get first. */
  readonly pause: number
  isSent: boolean
  isUnderWay: boolean
  /** Of the session that it made, once it is done. */
  made: string | undefined
  isDoneInTime: boolean
}

/** When the revocation is sent: after so many turns, and so many logins. */
interface Moment {
  readonly pause: number
  readonly finished: number
  /** Whether those that were sent must have read the epoch. */
  readonly whileUnderWay: boolean
}

const LATER = 3
const MOST_TURNS = 30
/** A login asks for no more of them before it reads the epoch. */
const DIGESTS = 3

/** Ends all sessions of a user in one process, while the user logs in again and again in another, which is busy. */
export async function runRevocations({ drivers }: Store, { times, logins: many, atOnce, seed }: RevocationRun): Promise<RevocationCounts> {
  const [busy, quiet] = drivers.map((driver) => new SessionManager({ driver, collectEverySeconds: 0 }))
  if (busy === undefined || quiet === undefined) throw new TypeError('a store has two drivers')
  const counts = {
    logins: 0,
    underWay: 0,
    survived: 0,
    refused: 0,
    begunMeanwhile: 0,
    cameBetween: 0,
    unknown: 0,
    afterwards: 0,
    lostAfterwards: 0,
  }
  await inLanes(times, atOnce, async (index) => {
    await new Revocation({ busy, quiet }, drivers, `user ${index}`, counts, randomFrom(seed + index)).run(many)
  })
  return counts
}

/** One user. */
class Revocation {
  readonly #managers: Managers
  readonly #drivers: Store['drivers']
  readonly #user: string
  readonly #counts: RevocationCounts
  readonly #random: () => number
  #logins: readonly Login[] = []
  #finished = 0
  #whenFinished = (): void => {}
  #isOver = false

  constructor(managers: Managers, drivers: Store['drivers'], user: string, counts: RevocationCounts, random: () => number) {
    this.#managers = managers
    this.#drivers = drivers
    this.#user = user
    this.#counts = counts
    this.#random = random
  }

  async run(many: number): Promise<void> {
    const random = this.#random
    // With none to end, a revocation is over while logins that have read the epoch have yet to write.
    const chosen: readonly [Form, ...Form[]] = random() < 0.5 ? forms : logins
    const plans = Array.from({ length: many }, () => ({ form: anyOf(chosen, random), pause: below(MOST_TURNS, random) }))
    const pause = below(2 * MOST_TURNS, random)
    const moment = { pause, finished: random() < 0.3 ? below(many, random) : 0, whileUnderWay: random() < 0.7 }
    this.#logins = await Promise.all(plans.map((plan) => this.#prepared(plan.form, plan.pause)))
    await Promise.all([...this.#logins.map((login) => this.#logIn(login)), this.#revoke(moment)])
    const later = await Promise.all(Array.from({ length: LATER }, () => this.#prepared('new', 0)))
    await Promise.all(later.map((login) => this.#logIn(login)))
    await this.#look(later)
  }

  async #prepared(form: Form, pause: number): Promise<Login> {
    const login = { form, before: undefined, pause, isSent: false, isUnderWay: false, made: undefined, isDoneInTime: false }
    if (form === 'new') return login
    const session = await this.#managers.busy.start()
    session.set('n', 0)
    if (form === 'moved') session.setUserId(this.#user)
    await session.save()
    return { ...login, before: session.id }
  }

  async #logIn(login: Login): Promise<void> {
    await turns(login.pause)
    const session = await this.#managers.busy.start(login.before)
    try {
      // One that was revoked before it could move is a new session now.
      if (login.form !== 'moved') session.setUserId(this.#user)
      if (login.form === 'moved' || login.form === 'renewed') await session.regenerate({ destroy: login.form === 'renewed' })
      login.isSent = true
      await session.save()
      login.made = session.id
      login.isDoneInTime = !this.#isOver
      this.#counts.logins += 1
    } catch (error) {
      if (!isSessionError(error) || error.code !== 'ERR_SESSION_GONE') throw error
      this.#counts.refused += 1
    }
    this.#finished += 1
    this.#whenFinished()
  }

  async #revoke({ pause, finished, whileUnderWay }: Moment): Promise<void> {
    await turns(pause)
    await new Promise<void>((resolve) => {
      this.#whenFinished = () => {
        if (this.#finished >= finished) resolve()
      }
      this.#whenFinished()
    })
    const underWay = this.#logins.filter((login) => (whileUnderWay ? login.isSent : login.made !== undefined))
    if (whileUnderWay) await this.#untilSentIsRead()
    for (const login of underWay) login.isUnderWay = true
    await this.#managers.quiet.revokeUser(this.#user)
    this.#isOver = true
  }

  /** What was sent first has read the epoch when what is sent now is answered. Their digests may hold them up until then. */
  async #untilSentIsRead(): Promise<void> {
    for (let digest = 0; digest < DIGESTS; digest++) await crypto.subtle.digest('SHA-256', Buffer.from(this.#user))
    await this.#drivers[0].read(newKey())
  }

  async #look(later: readonly Login[]): Promise<void> {
    const counts = this.#counts
    const { sessions } = await this.#drivers[1].list({ userId: this.#user, limit: 1000 })
    const living = new Set(sessions.map(({ key }) => key))
    for (const { made, isUnderWay, isDoneInTime } of this.#logins) {
      if (made === undefined) continue
      const lives = living.delete(await keyOf(made))
      if (isUnderWay) counts.underWay += 1
      if (!lives) continue
      counts[isUnderWay ? 'survived' : 'begunMeanwhile'] += 1
      if (isDoneInTime && !isUnderWay) counts.cameBetween += 1
    }
    for (const { made } of later) {
      counts.afterwards += 1
      if (made === undefined || !living.delete(await keyOf(made))) counts.lostAfterwards += 1
    }
    counts.unknown += living.size
  }
}
