import { once } from 'node:events'
import { createServer } from 'node:http'
import { type Proxy, startProxy } from '../../proof/faults/proxy.ts'
import { SessionManager } from '../../src/index.ts'
import { Connection, cookiesOf } from '../harness/connection.ts'
import { age } from './age.ts'
import type { Renewal } from './renewals.ts'
import type { Store } from './stores.ts'
import { keyIn } from './visit.ts'
import { type Path, type Told, visitorExpress } from './visitor-app.ts'

export interface DroppedCounts {
  /** Answers that never reached the browser. */
  dropped: number
  /** Sessions whose id was replaced in the store by then. */
  renewed: number
  /** Browsers that came back with the old id and were let in as the user that they were. */
  keptLogin: number
  /** Of those who were logged in before: must be 0. */
  lost: number
  /** Those who came back as nobody, since it was the login whose answer was dropped. */
  anonymous: number
  /** Of them logged in when they had done it once more. */
  loggedInAgain: number
  /** Counts that are not what was acknowledged. */
  wrongCounts: number
  /** Sessions of an answer that was dropped, which nobody has the id of. They end with their idle time. */
  leftBehind: number
}

interface Asked extends Told {
  readonly cookie: string
}

interface Browser {
  readonly user: string
  readonly old: string
}

interface World {
  readonly kind: Renewal
  readonly drivers: Store['drivers']
  readonly ask: (path: Path, cookie: string) => Promise<Asked>
  readonly proxy: Proxy
  readonly counts: DroppedCounts
}

const ROTATE_SECONDS = 1800

/** Browsers whose answer with the new cookie is cut off the wire, and who come back with the old one, within the grace. */
export async function runDropped(store: Store, kind: Renewal, times: number, atOnce: number): Promise<DroppedCounts> {
  const { drivers } = store
  const options = { driver: drivers[0], cookie: { secure: false }, lifetime: { rotateEverySeconds: ROTATE_SECONDS } }
  const server = createServer(visitorExpress(new SessionManager({ ...options, collectEverySeconds: 0 }))).listen(0, '127.0.0.1')
  if (!server.listening) await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port')
  const { port } = address
  await using proxy = await startProxy({ target: { port } })
  const counts = {
    dropped: 0,
    renewed: 0,
    keptLogin: 0,
    lost: 0,
    anonymous: 0,
    loggedInAgain: 0,
    wrongCounts: 0,
    leftBehind: 0,
  }
  const world = { kind, drivers, ask: (path: Path, cookie: string) => asked(port, path, cookie), proxy, counts }
  try {
    for (let from = 0; from < times; from += atOnce) await someBrowsers(world, from, Math.min(times, from + atOnce))
  } finally {
    server.closeAllConnections()
    server.close()
  }
  return counts
}

async function someBrowsers(world: World, from: number, to: number): Promise<void> {
  const { kind, drivers, ask, proxy, counts } = world
  const browsers: Browser[] = []
  for (let index = from; index < to; index++) {
    const user = `${kind}-${index}`
    const first = kind === 'login' ? '' : (await ask(`/login?${user}`, '')).cookie
    const { cookie } = await ask('/count', first)
    const old = cookie || first
    if (kind === 'automatic') await age(drivers[0], await keyIn(old), 2 * ROTATE_SECONDS)
    browsers.push({ user, old })
  }
  const cuts = browsers.map((_, index) => proxy.cutAtAnswer(index + 1).happened)
  const path = ({ user }: Browser): Path => (kind === 'login' ? `/login?${user}` : kind === 'regenerate' ? '/rotate' : '/read')
  const answers = await Promise.allSettled(browsers.map((browser) => asked(proxy.port, path(browser), browser.old)))
  counts.dropped += answers.filter(({ status }) => status === 'rejected').length
  await Promise.all(cuts)
  await Promise.all(browsers.map((browser) => comeBack(world, browser)))
}

async function comeBack({ kind, drivers, ask, counts }: World, { user, old }: Browser): Promise<void> {
  if ((await drivers[1].read(await keyIn(old)))?.kind === 'marker') counts.renewed += 1
  if (kind === 'login') {
    const back = await ask('/read', old)
    if (back.user === undefined && back.cookie === '') counts.anonymous += 1
    const again = await ask(`/login?${user}`, old)
    const last = await ask('/count', again.cookie)
    if (last.user === user) counts.loggedInAgain += 1
    if (last.count !== 1) counts.wrongCounts += 1
  } else {
    const back = await ask('/count', old)
    const last = await ask('/read', back.cookie)
    const isIn = back.user === user && last.user === user && back.cookie !== ''
    if (isIn) counts.keptLogin += 1
    else counts.lost += 1
    if (back.count !== 2 || last.count !== 2) counts.wrongCounts += 1
  }
  const { sessions } = await drivers[1].list({ userId: user })
  counts.leftBehind += sessions.length - 1
}

/** On a connection of its own: the one before may have been cut. */
async function asked(port: number, path: Path, cookie: string): Promise<Asked> {
  const connection = await Connection.to(port)
  try {
    const answer = await connection.get(path, cookie)
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`)
    const told: Told = JSON.parse(answer.body)
    return { ...told, cookie: cookiesOf(answer) }
  } finally {
    connection.close()
  }
}
