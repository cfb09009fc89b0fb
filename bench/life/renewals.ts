import { setTimeout as sleep } from 'node:timers/promises'
import { SessionManager } from '../../src/index.ts'
import { CookieJar } from '../../src/testing/cookie-jar.ts'
import { randomFrom } from '../file/support.ts'
import { age } from './age.ts'
import { anyOf, below, inLanes, turns } from './lanes.ts'
import type { Store } from './stores.ts'
import { type Answer, keyIn, visit } from './visit.ts'
import { type Path, visitorApp } from './visitor-app.ts'

/** How a session gets a new id: at a login, by the application's wish, or by its age. */
export type Renewal = 'login' | 'regenerate' | 'automatic'

export interface RenewalRun {
  readonly times: number
  /** Browsers at once. */
  readonly atOnce: number
  readonly seed: number
}

export interface RenewalCounts {
  /** With the old id, the one that renewed it among them. */
  requests: number
  /** Of them answered when the id was renewed already, within the grace. */
  inGrace: number
  /** Of them answered after the grace, since the machine was slow: they are left out. */
  tooLate: number
  /** Sessions that did not become exactly one. */
  notOneSuccessor: number
  /** Browsers whose cookie does not lead to their login in the end. */
  lost: number
  /** Answers that came after that with the new cookie and set another. */
  overwritten: number
  /** Requests after the grace that were let in with the old id. */
  accepted: number
  /** Increments that were answered with 200. */
  increments: number
  /** Of them neither in the session nor anywhere. */
  incrementsLost: number
  /** Increments that were told that a login has replaced the id. */
  refused: number
  /** Answers that nobody should get. */
  wrong: number
}

interface Arrived {
  readonly path: Path
  readonly answer: Answer
  /** Unix milliseconds. */
  readonly at: number
}

interface World {
  readonly kind: Renewal
  readonly drivers: Store['drivers']
  readonly apps: readonly [App, App]
  readonly counts: RenewalCounts
}
type App = (request: Request) => Promise<Response>

const REQUESTS = 20
/** Of them, those that wait until the browser has the new id, as one does that was long on its way. */
const LATE = 5
const MOST_TURNS = 12
const GRACE_SECONDS = 1
const ROTATE_SECONDS = 1800

/** Two processes that serve the same sessions. Give them back with the store. */
export function managersOf({ drivers }: Store): readonly [SessionManager, SessionManager] {
  const options = { collectEverySeconds: 0, lifetime: { graceSeconds: GRACE_SECONDS, rotateEverySeconds: ROTATE_SECONDS } }
  const [one, other] = drivers
  return [new SessionManager({ ...options, driver: one }), new SessionManager({ ...options, driver: other })]
}

/** Browsers whose session gets a new id while they have 20 requests under way with the old one. */
export async function runRenewals(
  store: Store,
  managers: ReturnType<typeof managersOf>,
  kind: Renewal,
  { times, atOnce, seed }: RenewalRun,
): Promise<RenewalCounts> {
  const counts: RenewalCounts = {
    requests: 0,
    inGrace: 0,
    tooLate: 0,
    notOneSuccessor: 0,
    lost: 0,
    overwritten: 0,
    accepted: 0,
    increments: 0,
    incrementsLost: 0,
    refused: 0,
    wrong: 0,
  }
  const apps = [visitorApp(managers[0]), visitorApp(managers[1])] as const
  const world: World = { kind, drivers: store.drivers, apps, counts }
  await inLanes(times, atOnce, (index) => oneBrowser(world, `${kind}-${index}`, randomFrom(seed + index)))
  return counts
}

async function oneBrowser({ kind, drivers, apps, counts }: World, user: string, random: () => number): Promise<void> {
  const jar = new CookieJar()
  const [app] = apps
  const own = async (path: Path): Promise<Answer> => {
    const answer = await visit(app, path, jar.header('/'))
    jar.take(answer.response)
    return answer
  }
  if (kind !== 'login') await own(`/login?${user}`)
  await own('/count')
  const old = jar.header('/')
  const oldKey = await keyIn(old)
  if (kind === 'automatic') await age(drivers[0], oldKey, 2 * ROTATE_SECONDS)

  const arrived = await burst(kind, apps, user, old, random)
  const marker = await drivers[1].read(oldKey)
  const replacedAt = marker?.kind === 'marker' ? marker.marker.replacedAt : Number.NaN
  const graceEndsAt = replacedAt + 1000 * GRACE_SECONDS
  const inTime = arrived.filter(({ at }) => !(at >= graceEndsAt))
  for (const { answer } of inTime) jar.take(answer.response)
  counts.requests += arrived.length
  counts.tooLate += arrived.length - inTime.length
  counts.inGrace += inTime.filter(({ at }) => at > replacedAt).length
  counts.overwritten += overwritten(kind, inTime)
  countRefusals(counts, kind, inTime)

  const { sessions } = await drivers[1].list({ userId: user })
  if (sessions.length !== 1 || sessions[0]?.key !== (await keyIn(jar.header('/')))) counts.notOneSuccessor += 1

  await sleep(Math.max(0, graceEndsAt - Date.now()) + 5)
  for (const path of ['/count', '/look', '/read'] as const) {
    const { count, user: known, handle, sets } = await visit(anyOf(apps, random), path, old)
    if (known !== undefined || handle !== undefined || (count ?? 0) > 1 || sets === old) counts.accepted += 1
  }
  const last = await own('/read')
  if (last.user !== user) counts.lost += 1
  const acknowledged = 1 + inTime.filter(({ path, answer }) => path === '/count' && answer.status === 200).length
  counts.increments += acknowledged
  counts.incrementsLost += Math.max(0, acknowledged - (last.count ?? 0))
}

/** All that the browser has under way with the old cookie, in the order in which the answers arrive. */
async function burst(kind: Renewal, apps: World['apps'], user: string, old: string | undefined, random: () => number): Promise<Arrived[]> {
  const arrived: Arrived[] = []
  const renewed = Promise.withResolvers<void>()
  const ask = async (path: Path): Promise<void> => {
    const [app, pause] = [anyOf(apps, random), below(MOST_TURNS, random)]
    await turns(pause)
    const answer = await visit(app, path, old)
    arrived.push({ path, answer, at: Date.now() })
  }
  const late = async (path: Path): Promise<void> => {
    await renewed.promise
    await ask(path)
  }
  const others = Array.from({ length: REQUESTS }, () => anyOf<Path>(['/read', '/count', '/look'], random))
  const renewal: Path = kind === 'login' ? `/login?${user}` : kind === 'regenerate' ? '/rotate' : '/count'
  const early = others.slice(LATE + 1).map(ask)
  await Promise.all([...early, ask(renewal).finally(renewed.resolve), ...others.slice(0, LATE).map(late)])
  return arrived
}

/** Answers that set another cookie, after the one that brought the new one. */
function overwritten(kind: Renewal, arrived: readonly Arrived[]): number {
  const isRenewal = ({ path }: Arrived): boolean => kind !== 'login' || path.startsWith('/login')
  const first = arrived.findIndex((one) => isRenewal(one) && one.answer.sets !== undefined)
  const cookie = arrived[first]?.answer.sets
  return arrived.slice(first + 1).filter(({ answer }) => answer.sets !== undefined && answer.sets !== cookie).length
}

function countRefusals(counts: RenewalCounts, kind: Renewal, arrived: readonly Arrived[]): void {
  for (const { path, answer } of arrived) {
    if (answer.status === 200) continue
    if (kind === 'login' && path === '/count' && answer.code === 'ERR_SESSION_READONLY') counts.refused += 1
    else counts.wrong += 1
  }
}
