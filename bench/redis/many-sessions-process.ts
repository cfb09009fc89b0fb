// Fills servers with sessions, and uses them.
import { createHash } from 'node:crypto'
import { createClient } from 'redis'
import type { RecordWrite } from '../../src/contracts/driver.ts'
import { RedisDriver } from '../../src/drivers/redis/redis-driver.ts'
import { NativeSerializer } from '../../src/serializers/native.ts'
import type { StoreKey } from '../../src/session/id.ts'
import { randomHex } from '../../src/session/random.ts'
import { HOUR_MS, keyFrom, randomFrom, recordWith } from '../file/support.ts'
import { answerParent } from '../harness/child.ts'
import { ordinaryData } from '../servers/counter-app.ts'
import type { ManyFilled, ManyProtocol, ManyQuestion, ManySlice, ManyTurns } from './many-sessions.ts'

const PREFIX = 'session:'
const LANES = 200
const LEASE_MS = 10_000

type Opened = Awaited<ReturnType<typeof open>>

const opened = new Map<string, Promise<Opened>>()
const serializer = new NativeSerializer()

async function open(url: string) {
  const client = createClient({ url })
  const driver = new RedisDriver({ client, prefix: PREFIX })
  await driver.open()
  return { client, driver }
}

function at(url: string): Promise<Opened> {
  const opening = opened.get(url) ?? open(url)
  opened.set(url, opening)
  return opening
}

/** The same for a number each time, so that nobody need keep a million. */
function keyAt(index: number): StoreKey {
  return keyFrom(createHash('sha256').update(`session ${index}`).digest('hex'))
}

/** A session as a manager stores it for a browser: the ordinary 300 bytes, and who asked for it. */
function recordAt(index: number): RecordWrite {
  const value = { ...ordinaryData, count: index % 10, _token: randomHex(20) }
  const payload = serializer.prepare(value, { key: keyAt(index), field: 'payload' })
  const flash = serializer.prepare({}, { key: keyAt(index), field: 'flash' })
  if (payload === undefined || flash === undefined) throw new TypeError('nothing to store')
  // The manager's handle has 12 bytes.
  return recordWith(payload, { flash, handle: randomHex(12) })
}

async function fill({ how, url, from, count }: ManyQuestion): Promise<ManyFilled> {
  const { driver, client } = await at(url)
  return await each(from, count, async (index) => {
    const record = recordAt(index)
    const { payload, durations } = record
    if (how === 'plain') await client.sendCommand(['SET', PREFIX + keyAt(index), payload, 'PX', String(durations.idleMs)])
    else if ((await driver.insert(keyAt(index), record)) === undefined) throw new Error('a key was taken')
    return Buffer.byteLength(payload)
  })
}

async function each(from: number, count: number, add: (index: number) => Promise<number>): Promise<ManyFilled> {
  let next = from
  let payloadBytes = 0
  const lane = async (): Promise<void> => {
    while (next < from + count) {
      const bytes = await add(next++)
      payloadBytes += bytes
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  return { payloadBytes }
}

async function slice({ how, url, sessions, turns, lanes, seed }: ManySlice): Promise<ManyTurns> {
  const server = await at(url)
  const turn = how === 'driver' ? lockedTurn : plainTurn
  const random = randomFrom(seed)
  let begun = 0
  let calls = 0
  // Each has sessions of its own, so that no lock is ever taken.
  const lane = async (_: unknown, first: number): Promise<void> => {
    while (begun++ < turns) {
      await turn(server, keyAt(first + lanes * Math.floor(random() * Math.floor(sessions / lanes))))
      calls += 2
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return { calls }
}

async function lockedTurn({ driver }: Opened, key: StoreKey): Promise<void> {
  const asked = await driver.acquire(key, { token: randomHex(16), leaseMs: LEASE_MS })
  if (asked.kind !== 'held') throw new Error(`a session is ${asked.kind}`)
  const { handle, payload, flash } = asked.record
  const { kind } = await driver.commit(asked.lease, recordWith(payload, { handle, flash }), { leaseMs: LEASE_MS })
  if (kind !== 'written') throw new Error(`a commit was ${kind}`)
}

async function plainTurn({ client }: Opened, key: StoreKey): Promise<void> {
  const payload = await client.get(PREFIX + key)
  if (payload === null) throw new Error('a session is absent')
  await client.sendCommand(['SET', PREFIX + key, payload, 'PX', String(HOUR_MS)])
}

answerParent<ManyProtocol>(
  {
    fill,
    slice,
    cpuMicros: () => {
      const { user, system } = process.cpuUsage()
      return user + system
    },
  },
  async () => {
    for (const opening of opened.values()) {
      const { driver, client } = await opening
      await driver.close()
      client.destroy()
    }
  },
)
