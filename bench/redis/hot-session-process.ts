// A server process whose waiters all want the same session.
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from 'redis'
import type { StoredRecord } from '../../src/contracts/driver.ts'
import { RedisDriver } from '../../src/drivers/redis/redis-driver.ts'
import { SessionManager } from '../../src/index.ts'
import { hashId } from '../../src/manager/digest.ts'
import { asSessionId } from '../../src/session/id.ts'
import type { StoreKey } from '../../src/session/id.ts'
import { randomHex } from '../../src/session/random.ts'
import { recordWith } from '../file/support.ts'
import { answerParent } from '../harness/child.ts'
import { ordinaryData } from '../servers/counter-app.ts'
import type { HotProtocol, HotResult, HotRun, Way } from './hot-session.ts'

const LEASE_MS = 10_000
const WAIT_SECONDS = 120
const FIXED_MS = 50
const FIRST_MS = 10
const LONGEST_MS = 100

/** Does its work while it has the session, and raises the session's count by one. */
type Turn = (id: string, work: () => Promise<void>) => Promise<void>

interface Opened {
  readonly driver: RedisDriver
  readonly manager: SessionManager
  readonly end: () => void
}

let opened: Opened | undefined

async function open({ url, prefix }: HotProtocol['open']['ask']): Promise<true> {
  const client = createClient({ url })
  const driver = new RedisDriver({ client, prefix })
  const manager = new SessionManager({ driver, lock: { waitSeconds: WAIT_SECONDS } })
  await manager.ready()
  opened = { driver, manager, end: () => client.destroy() }
  return true
}

async function create(): Promise<string> {
  const session = await here().manager.start()
  for (const [key, value] of Object.entries(ordinaryData)) session.set(key, value)
  session.set('count', 0)
  await session.save()
  return session.id
}

async function count({ id }: HotProtocol['count']['ask']): Promise<number> {
  const session = await here().manager.start(id, { concurrency: 'readonly' })
  return Number(session.get('count'))
}

async function run({ id, way, waiters, workMs, atMost }: HotRun & { readonly id: string }): Promise<HotResult> {
  const turn = turnsBy[way]
  const inTime = Array.from({ length: waiters }, () => 0)
  const waits: number[] = []
  const start = performance.now()
  const end = start + atMost.seconds * 1000
  let tickets = 0
  let newest = 0
  let outOfTurn = 0
  let heldMs = 0
  const waiter = async (_: unknown, at: number): Promise<void> => {
    for (let had = 0; had < atMost.turnsEach && performance.now() < end; had++) {
      const wantedAt = performance.now()
      const ticket = ++tickets
      await turn(id, async () => {
        const hasAt = performance.now()
        waits.push(hasAt - wantedAt)
        if (ticket < newest) outOfTurn++
        newest = Math.max(newest, ticket)
        if (workMs > 0) await sleep(workMs)
        heldMs += performance.now() - hasAt
      })
      if (performance.now() < end) inTime[at] = had + 1
    }
  }
  await Promise.all(Array.from({ length: waiters }, waiter))
  return { turns: waits.length, inTime, seconds: (Math.min(end, performance.now()) - start) / 1000, waits, heldMs, outOfTurn }
}

const turnsBy: Readonly<Record<Way, Turn>> = {
  holdfast: (id, work) =>
    here().manager.run(id, async (session) => {
      await work()
      session.increment('count')
    }),
  fixed: (id, work) => pollingTurn(id, work, () => FIXED_MS),
  exponential: (id, work) => pollingTurn(id, work, (before) => Math.min(LONGEST_MS, before === 0 ? FIRST_MS : 2 * before)),
}

/** As many others do it: whoever finds the lock taken sleeps, and asks again. Each waiter for itself, on the driver, and the same record. */
async function pollingTurn(id: string, work: () => Promise<void>, next: (beforeMs: number) => number): Promise<void> {
  const { driver } = here()
  const key = await keyOf(id)
  for (let pauseMs = 0; ;) {
    const asked = await driver.acquire(key, { token: randomHex(16), leaseMs: LEASE_MS })
    if (asked.kind === 'held') {
      await work()
      const { lease, record } = asked
      const { kind } = await driver.commit(lease, recordWith(raised(record), { handle: record.handle }), { leaseMs: LEASE_MS })
      if (kind !== 'written') throw new Error(`the commit was ${kind}`)
      return
    }
    if (asked.kind !== 'busy') throw new Error(`the session is ${asked.kind}`)
    pauseMs = next(pauseMs)
    await sleep(pauseMs)
  }
}

/** The payload with its count raised, as the serializer writes it. */
function raised({ payload }: StoredRecord): string {
  return payload.replace(/("count":)(\d+)/, (_, name: string, last: string) => `${name}${Number(last) + 1}`)
}

async function keyOf(text: string): Promise<StoreKey> {
  const id = asSessionId(text)
  if (id === undefined) throw new TypeError('not a session id')
  return await hashId(id)
}

function here(): Opened {
  if (opened === undefined) throw new Error('it is not open')
  return opened
}

answerParent<HotProtocol>({ open, create, run, count }, async () => {
  await opened?.manager.close({ waitSeconds: 1 })
  opened?.end()
})
