// A server whose ring of keys is changed while it answers requests.
import { setImmediate as turn } from 'node:timers/promises'
import { until } from '../../proof/faults/until.ts'
import { SessionManager } from '../../src/index.ts'
import { EncryptedSerializer } from '../../src/serializers/encrypted.ts'
import { answerParent } from '../harness/child.ts'
import type { Ring, RotationProtocol, ServerReport } from './rotation.ts'
import { openStore } from './rotation-store.ts'

interface Data {
  readonly count: number
}

interface Deployed {
  readonly sessions: SessionManager<Data>
  readonly close: () => Promise<void>
}

/** Often, so that a run need not wait for minutes. */
const FETCH_EVERY_SECONDS = 0.05
/** A page is a quarter of this, and nothing is waited for. */
const RESEAL_RATE = 100_000
const FLASH_EVERY = 10

const seen = { newIds: 0, failed: 0, failedOpens: 0, otherRefusals: 0, otherTroubles: 0 }
const acknowledged = new Map<string, number>()
const underWay = new Set<Promise<void>>()
let opened: RotationProtocol['open']['ask'] | undefined
let deployed: Deployed | undefined
/** What the function gives to whoever fetches keys. */
let ringToFetch: Ring = {}
/** The ring that was fetched last. */
let fetched: Ring | undefined
let over = new AbortController()
let lanes: Promise<unknown> = Promise.resolve()
let answered = 0

function fetchKeys(): Ring {
  fetched = ringToFetch
  return ringToFetch
}

async function start(ring: Ring): Promise<Deployed> {
  if (opened === undefined) throw new Error('it is not open')
  const { how, store } = opened
  const { driver, end } = openStore(store)
  const serializer = new EncryptedSerializer({
    keys: how === 'fetches' ? fetchKeys : ring,
    ...(how === 'fetches' ? { reloadEverySeconds: FETCH_EVERY_SECONDS } : {}),
  })
  const sessions = new SessionManager<Data>({ driver, serializer })
  sessions.on('refused', ({ reason, detail }) => {
    if (reason === 'unreadable' || detail !== undefined) seen.failedOpens += 1
    else seen.otherRefusals += 1
  })
  sessions.on('trouble', ({ detail }) => {
    if (detail === undefined) seen.otherTroubles += 1
    else seen.failedOpens += 1
  })
  await sessions.ready()
  return {
    sessions,
    close: async () => {
      await sessions.close()
      end()
    },
  }
}

async function open(question: RotationProtocol['open']['ask']): Promise<true> {
  opened = question
  ringToFetch = question.ring
  deployed = await start(question.ring)
  return true
}

async function create(count: number): Promise<string[]> {
  const ids: string[] = []
  for (let made = 0; made < count; made++) {
    const id = await here().run(undefined, (session) => {
      session.set('count', 0)
      return () => session.id
    })
    ids.push(id())
  }
  return ids
}

async function request(id: string): Promise<void> {
  try {
    const isIt = await here().run(id, async (session) => {
      const count = session.get('count')
      if (session.isNew || session.id !== id || count === undefined) return false
      // As in a handler: something else has its turn between read and write.
      await turn()
      session.set('count', count + 1)
      if (count % FLASH_EVERY === 0) session.flash('note', `the request after ${count}`)
      return true
    })
    if (isIt) acknowledged.set(id, (acknowledged.get(id) ?? 0) + 1)
    else seen.newIds += 1
  } catch {
    seen.failed += 1
  }
  answered += 1
}

function serve({ ids, atOnce }: RotationProtocol['serve']['ask']): true {
  const { signal } = (over = new AbortController())
  const lane = async (): Promise<void> => {
    while (!signal.aborted) {
      const now = request(ids[Math.floor(Math.random() * ids.length)] ?? '')
      underWay.add(now)
      await now
      underWay.delete(now)
    }
  }
  lanes = Promise.all(Array.from({ length: atOnce }, lane))
  return true
}

async function deploy(ring: Ring): Promise<true> {
  if (opened?.how === 'fetches') {
    ringToFetch = ring
    await until('the keys to be fetched again', () => fetched === ring)
    await turn()
    await Promise.all(underWay)
  } else {
    const before = deployed
    deployed = await start(ring)
    // It waits for the requests that it has.
    await before?.close()
  }
  return true
}

async function reseal(): Promise<RotationProtocol['reseal']['answer']> {
  const { resealed, skipped, unreadable } = await here().reseal({ rate: RESEAL_RATE })
  return { resealed, skipped, unreadable }
}

async function keyNames(): Promise<string[]> {
  const { byKey, unsealed, unreadable } = await here().keyUsage()
  if (unsealed + unreadable > 0) throw new Error('a stored session is not sealed, or cannot be read')
  return [...byKey.keys()]
}

async function rest(): Promise<ServerReport> {
  over.abort()
  await lanes
  return { acknowledged: Object.fromEntries(acknowledged), ...seen }
}

async function counts(ids: readonly string[]): Promise<number[]> {
  const found: number[] = []
  for (const id of ids) {
    const session = await here().start(id, { concurrency: 'readonly' })
    found.push(session.isNew ? -1 : (session.get('count') ?? -1))
  }
  return found
}

function here(): SessionManager<Data> {
  if (deployed === undefined) throw new Error('it is not open')
  return deployed.sessions
}

answerParent<RotationProtocol>({ open, create, serve, progress: () => answered, deploy, reseal, keyNames, rest, counts }, async () => {
  over.abort()
  await deployed?.close()
})
