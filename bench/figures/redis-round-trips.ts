import { once } from 'node:events'
import { createServer } from 'node:http'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { RedisDriver } from '../../src/drivers/redis/redis-driver.ts'
import type { RedisClient } from '../../src/drivers/redis/redis-driver.ts'
import { SessionManager } from '../../src/index.ts'
import { randomHex } from '../../src/session/random.ts'
import { startRedis } from '../../test/support/redis-server.ts'
import { Connection, cookiesOf } from '../harness/connection.ts'
import { newKey } from '../file/support.ts'
import { CommandsSeen } from '../redis/commands-seen.ts'
import { nameOf } from '../redis/script-names.ts'
import { visitsApp } from '../redis/visits-app.ts'
import type { Figure, FigureRow } from './figure.ts'

const COOKIE = 'ml_session'
/** What no answer waits for. */
const AFTERWARDS: ReadonlySet<string> = new Set(['give back', 'zrem'])

interface Step {
  /** In the counts. */
  readonly key: string
  readonly label: string
  readonly path: string
  /** Whose session: the one that the steps share, or no such. */
  readonly cookie?: string
  /** Round trips at most; none where there is no goal. */
  readonly goal?: number
  /** Steps that are needed before it each time, and not counted. */
  readonly before?: readonly string[]
}

// In this order: what is asked for with the cookie of the one before.
const steps: readonly Step[] = [
  { key: 'noCookie', label: 'no cookie, nothing kept', path: '/read', cookie: '', goal: 0 },
  { key: 'wrongForm', label: 'a cookie of the wrong form', path: '/read', cookie: `${COOKIE}=../../etc/passwd`, goal: 0 },
  { key: 'forged', label: 'a forged id of the right form', path: '/read', cookie: `${COOKIE}=${randomHex(20)}`, goal: 1 },
  { key: 'created', label: 'a new session that is kept', path: '/new', cookie: '' },
  { key: 'changed', label: 'a session that is changed', path: '/write', before: ['/new'], goal: 2 },
  { key: 'unchanged', label: 'a session that is not changed', path: '/read', before: ['/new'], goal: 2 },
  { key: 'readonly', label: "concurrency: 'readonly'", path: '/readonly', before: ['/new'], goal: 1 },
  { key: 'regenerated', label: 'a new id', path: '/regenerate', before: ['/new'], goal: 4 },
  { key: 'login', label: 'a login: a new id, and a user', path: '/login', before: ['/new'] },
  { key: 'regeneratedUser', label: 'a new id, logged in', path: '/regenerate', before: ['/new', '/login'], goal: 4 },
  { key: 'changedUser', label: 'a session that is changed, logged in', path: '/write', before: ['/new', '/login'], goal: 2 },
  { key: 'logout', label: 'a logout', path: '/logout', before: ['/new', '/login'] },
]

const clients: Readonly<Record<string, (url: string) => { readonly client: RedisClient; readonly end: () => void }>> = {
  'node-redis': (url) => {
    const client = createClient({ url })
    return { client, end: () => client.destroy() }
  },
  ioredis: (url) => {
    const client = new Redis(url, { enableAutoPipelining: true })
    return { client, end: () => client.disconnect() }
  },
}

const times = { full: 100, small: 2 }

export const figure: Figure = {
  name: 'redis-round-trips',
  title: 'Commands that Redis is sent for a request of Express',
  peers: ['express', 'redis', 'ioredis'],
  async run(size, { log }) {
    await using redis = await startRedis()
    const counts: Record<string, number> = {}
    const rows: FigureRow[] = []
    const columns: Record<string, ReadonlyMap<Step, readonly string[]>> = {}
    for (const [name, make] of Object.entries(clients)) columns[name] = await visits(redis.url, make, times[size])
    for (const step of steps) {
      const commands = columns['node-redis']?.get(step) ?? []
      for (const [name, seen] of Object.entries(columns)) counts[`${step.key}, ${name}`] = seen.get(step)?.length ?? Number.NaN
      rows.push({
        request: step.label,
        ...Object.fromEntries(Object.entries(columns).map(([name, seen]) => [name, seen.get(step)?.length ?? Number.NaN])),
        'of them not waited for': commands.filter((command) => AFTERWARDS.has(command)).length,
        goal: step.goal === undefined ? '' : `at most ${step.goal}`,
        commands: commands.join(', '),
      })
    }
    log(`requests counted: ${steps.length * Object.keys(clients).length * times[size]}`)
    return { counts, rows }
  },
}

/** What each step sends. It is the same each time, or the run fails. */
async function visits(url: string, make: (url: string) => { readonly client: RedisClient; readonly end: () => void }, many: number) {
  const { client, end } = make(url)
  const driver = new RedisDriver({ client })
  const manager = new SessionManager({ driver, cookie: { secure: false } })
  await manager.ready()
  const server = createServer(visitsApp(manager)).listen(0, '127.0.0.1')
  if (!server.listening) await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port')
  const connection = await Connection.to(address.port)
  using seen = await CommandsSeen.on(url)
  const found = new Map<Step, readonly string[]>()
  try {
    // Once for nothing: until then the server has not heard of the scripts.
    for (let turn = 0; turn <= many; turn++) {
      for (const step of steps) {
        const cookie = await cookieFor(connection, step)
        await settled(driver, seen)
        await visit(connection, step.path, cookie)
        const commands = await settled(driver, seen)
        const before = turn > 1 ? found.get(step) : undefined
        if (before !== undefined && before.toSorted().join() !== commands.toSorted().join()) {
          throw new Error(`${step.label}: ${commands.join(', ')}, and before that ${before.join(', ')}`)
        }
        found.set(step, commands)
      }
    }
  } finally {
    connection.close()
    server.close()
    await manager.close({ waitSeconds: 1 })
    end()
  }
  return found
}

async function cookieFor(connection: Connection, { cookie, before = [] }: Step): Promise<string> {
  let now = cookie ?? ''
  for (const path of before) now = await visit(connection, path, now)
  return now
}

/** Gives the cookie that the visitor has afterwards. */
async function visit(connection: Connection, path: string, cookie: string): Promise<string> {
  const answer = await connection.get(path, cookie)
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`)
  return cookiesOf(answer) || cookie
}

const QUIET_TURNS = 4

/**
 * What was sent since the last time, when no more comes: what an answer does not wait for is there too. The driver's own connection is asked
 * so often in vain, which is not counted, and each time after a digest, by which the driver may still be held up.
 */
async function settled(driver: RedisDriver, seen: CommandsSeen): Promise<string[]> {
  const names: string[] = []
  for (let quiet = 0; quiet < QUIET_TURNS;) {
    await crypto.subtle.digest('SHA-256', Buffer.from(names.join()))
    await driver.read(newKey())
    const commands = await seen.take()
    const own = await Promise.all(commands.map(nameOf))
    const at = own.lastIndexOf('read')
    names.push(...own.filter((_, place) => place !== at))
    quiet = own.length === 1 ? quiet + 1 : 0
  }
  return names
}
