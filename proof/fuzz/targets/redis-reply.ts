// What a Redis server, a client library or something between them answers to the driver. The first byte of an input says what was asked.
import type { Found, RecordWrite } from '../../../src/contracts/driver.ts'
import { ANSWERS } from '../../../src/drivers/redis/answers.ts'
import { type Bridge, isErrorReply } from '../../../src/drivers/redis/bridges/bridge.ts'
import { HEADER_BYTES, MAGIC, decodeContent, markerBody, recordBody } from '../../../src/drivers/redis/layout.ts'
import { RedisLine } from '../../../src/drivers/redis/line.ts'
import { listPage } from '../../../src/drivers/redis/listing.ts'
import { RedisStore } from '../../../src/drivers/redis/redis-store.ts'
import { scanStep } from '../../../src/drivers/redis/scan.ts'
import { surveyPage } from '../../../src/drivers/redis/survey.ts'
import { readText, textField } from '../../../src/drivers/redis/text-fields.ts'
import { UserIndex } from '../../../src/drivers/redis/user-index.ts'
import { keyFrom, newMarker, recordWith } from '../../../bench/file/support.ts'
import type { Random } from '../../simulation/seeded.ts'
import { answerFrom } from '../answers.ts'
import { answeredOr, checkFound, checkMetadata, checkVersion, isInstant } from '../checks.ts'
import { Reader } from '../reader.ts'
import { type Target, type Trial, holds } from '../target.ts'

const KEY = keyFrom('0'.repeat(64))
const TOKEN = 'a'.repeat(32)
const PREFIX = 'fuzz:'
const BOUND_MS = 1
/** So many of what is asked is a script on one session. */
const SCRIPTS_ON_SESSIONS = 12
const NOW = 1_800_000_000_000
const RECORD: RecordWrite = { ...recordWith('{"a":1}'), handle: TOKEN, writeToken: TOKEN, userId: 'ada' }
const LEASE = { key: KEY, token: TOKEN, version: { counter: 1, writeToken: TOKEN } }
const KEEP = { leaseMs: 1000, keepLease: TOKEN }
const VALUES = [recordValue({}), recordValue({ userAgent: '\ud800', payload: '\udfff', flash: '' }), markerValue()]

/** What is asked of whom, and what its answer must be like. */
interface Asked {
  readonly store: RedisStore
  readonly index: UserIndex
  readonly line: RedisLine
  readonly read: () => Promise<Found | undefined>
  /** What was answered last. */
  readonly reply: () => unknown
  readonly input: () => Buffer
}
type Ask = (asked: Asked) => Promise<void>

const asks: readonly Ask[] = [
  async ({ read, reply }) => {
    const found = await read()
    isIn(reply(), found)
  },
  async ({ store, reply }) => {
    const asked = await store.acquire(KEY, TOKEN, 1000)
    if (asked.kind === 'record' || asked.kind === 'marker') isIn(reply(), asked)
  },
  async ({ store }) => {
    const head = await store.peek('peek', KEY)
    if (head === undefined) return
    checkVersion(head.version)
    isInstant('expiresAt', head.expiresAt)
  },
  async ({ store }) => {
    const inserted = await store.insert(KEY, RECORD)
    if (inserted !== undefined) isInstant('expiresAt', inserted.expiresAt)
  },
  async ({ store }) => checkWritten(await store.update(KEY, RECORD, LEASE.version, false)),
  async ({ store }) => checkWritten(await store.touch(KEY, RECORD.durations, LEASE.version)),
  async ({ store }) => checkWritten(await store.rewrite(KEY, RECORD, LEASE.version)),
  async ({ store }) => checkWritten(await store.commit(LEASE, RECORD, KEEP)),
  async ({ store }) => checkWritten(await store.release(LEASE, KEEP)),
  async ({ store }) => {
    holds('a mark has an answer', ['written', 'gone', 'lost'].includes((await store.mark(LEASE, undefined)).kind))
  },
  async ({ store }) => holds('a renewal has an answer', typeof (await store.renew(KEY, TOKEN, 1000)) === 'boolean'),
  async ({ store }) => {
    const { destroyed, userId } = await store.destroy('destroy', KEY)
    holds('a removal has an answer', ['record', 'marker', 'nothing'].includes(destroyed.kind))
    holds('a user is a text', userId === undefined || typeof userId === 'string')
  },
  async ({ index }) => {
    const { counter } = await index.epoch('ada')
    holds('an epoch counts', Number.isSafeInteger(counter) && counter >= 0, () => String(counter))
  },
  async ({ index }) => {
    const { entries, now } = await index.entries('list', 'ada', 0, 0, 10)
    isInstant('now', now)
    for (const { enteredAt } of entries) isInstant('enteredAt', enteredAt)
  },
  async ({ line }) => {
    const { names, next } = await scanStep(line, 'scan', PREFIX, undefined, 10)
    holds(
      'names are texts',
      names.every((name) => typeof name === 'string'),
    )
    holds('a cursor is a number', next === undefined || /^\d+$/.test(next.cursor), () => String(next?.cursor))
  },
  async (asked) => {
    const { records } = await surveyPage({ ...asked, prefix: PREFIX }, { limit: 10 })
    for (const { metadata, bytes } of records) {
      if (metadata !== undefined) checkMetadata(metadata)
      isInstant('bytes', bytes)
    }
  },
  async ({ input }) => checkText(input().subarray(1)),
  async (asked) => {
    const { sessions } = await listPage({ ...asked, prefix: PREFIX }, { limit: 10, userId: 'ada' })
    for (const session of sessions) checkMetadata(session)
  },
]

export const target: Target = {
  promise:
    'is the answer that it says it is, whole, or the one error of a driver that failed or of a session that is unreadable; no session is made of it by accident',
  sources: [
    'src/drivers/redis/replies.ts',
    'src/drivers/redis/text-fields.ts',
    'src/drivers/redis/layout.ts',
    'src/drivers/redis/redis-store.ts',
    'src/drivers/redis/scan.ts',
    'src/drivers/redis/survey.ts',
    'src/drivers/redis/user-index.ts',
  ],
  words: [
    ...VALUES.map((value) => value.toString('latin1')),
    MAGIC,
    'login',
    'rotation',
    '~1:',
    '~0:abc',
    KEY,
    `${PREFIX}${KEY}`,
    'WRONGTYPE x',
    '0',
  ],
  mostBytes: 4096,
  make,
  open: () => trial((store) => store.read(KEY)),
  // It takes the server's clock for seconds.
  openMistaken: () =>
    trial(async (store) => {
      const found = await store.read(KEY)
      return found && { ...found, now: found.now * 1000 }
    }),
}

function trial(read: (store: RedisStore) => Promise<Found | undefined>): Trial {
  let reader = new Reader(Buffer.alloc(0))
  let replies: unknown[] = []
  let given: Buffer = Buffer.alloc(0)
  const answer = async (): Promise<unknown> => {
    const reply = replyFrom(reader)
    replies.push(reply)
    if (reply instanceof Error) throw reply
    return reply
  }
  const line = new RedisLine(bridgeThatAnswers(answer), BOUND_MS)
  const store = new RedisStore(line, PREFIX, undefined)
  const asked: Asked = {
    line,
    store,
    read: () => read(store),
    index: new UserIndex(line, PREFIX),
    reply: () => replies.at(-1),
    input: () => given,
  }
  checkLayout()
  return {
    run: async (input) => {
      given = input
      reader = new Reader(input)
      replies = []
      const ask = reader.byte() % asks.length
      const answered = await answeredOr(() => asks[ask]?.(asked))
      if (ask < SCRIPTS_ON_SESSIONS) checkForeign(replies, answered)
    },
  }
}

/** Of more than one reply, the last was to another command: a lease that is given back, since what was found is damaged. */
function checkForeign(replies: readonly unknown[], answered: unknown): void {
  const [reply, ...more] = replies
  if (more.length > 0 || !Array.isArray(reply) || ANSWERS.has(reply[0])) return
  holds('an answer that no script gives is a failure', answered === 'failed', () => JSON.stringify(reply))
}

/** What is written is read: nothing that follows counts without this. */
function checkLayout(): void {
  for (const value of VALUES) holds('a value that was written can be read', decodeContent(value) !== undefined)
}

/** A text is read back as it is, and one in UTF-16 has whole characters only. */
function checkText(bytes: Buffer): void {
  const read = readText(bytes, 0)
  if (read?.text === undefined) return
  const again = textField(read.text)
  holds('a text that was read is the same when it is written again', readText(again, 0)?.text === read.text)
  const isShort = (bytes[0] ?? 0) < 128
  if (isShort && !read.text.isWellFormed()) holds('a text in UTF-16 has whole characters', again.length === read.end)
}

/** What was found lies in the reply as it is. */
function isIn(reply: unknown, found: Found | undefined): void {
  checkFound(found)
  if (found === undefined) return
  const [, now, value]: readonly unknown[] = Array.isArray(reply) ? reply : []
  const content = Buffer.isBuffer(value) ? decodeContent(value) : undefined
  holds(
    'nothing is found that does not lie there',
    JSON.stringify({ ...content, now }) === JSON.stringify(found),
    () => `${JSON.stringify(found)} of ${JSON.stringify(reply)}`,
  )
}

function checkWritten(result: { readonly kind: string; readonly version?: typeof LEASE.version; readonly expiresAt?: number }): void {
  holds('a write has an answer', ['written', 'gone', 'lost', 'conflict', 'busy', 'other user'].includes(result.kind), () => result.kind)
  if (result.kind !== 'written') return
  isInstant('expiresAt', result.expiresAt)
  holds('what was written has a version', result.version !== undefined)
  if (result.version !== undefined) checkVersion(result.version)
}

/** As a client that is connected, and answers whatever comes next in the input. */
function bridgeThatAnswers(answer: () => Promise<unknown>): Bridge {
  const connection = { send: answer }
  return {
    connect: async () => undefined,
    close: async () => undefined,
    isReady: () => true,
    send: answer,
    onOneConnection: async (_key, use) => use(connection),
    masters: async () => [{ name: '', send: answer }],
    kindOf: (error) => (isErrorReply(error) ? 'reply' : 'unknown'),
    trouble: () => undefined,
  }
}

/** Anything, or what a script answers: a number, the time and a value, which may be damaged. */
function replyFrom(reader: Reader): unknown {
  const form = reader.byte() % 4
  if (form === 0) return answerFrom(reader)
  const value = Buffer.from(VALUES[reader.byte() % VALUES.length] ?? [])
  for (let changes = reader.byte() % 4; changes > 0; changes--) value[reader.short() % value.length] = reader.byte()
  const whole = value.subarray(0, reader.byte() % 4 === 0 ? reader.short() % (value.length + 1) : undefined)
  if (form === 1) return [reader.byte() % ANSWERS.size, NOW, whole, whole.length]
  if (form === 2) return [reader.byte(), answerFrom(reader), whole, answerFrom(reader)]
  return ['0', [`${PREFIX}${KEY}`, answerFrom(reader)]]
}

function recordValue(changes: Partial<RecordWrite>): Buffer {
  const { bytes, aboutBytes } = recordBody({ ...RECORD, ...changes })
  return Buffer.concat([header('R', aboutBytes), bytes])
}

function markerValue(): Buffer {
  const { bytes, aboutBytes } = markerBody({ ...newMarker(), salt: TOKEN, writeToken: TOKEN })
  return Buffer.concat([header('M', aboutBytes), bytes])
}

function header(kind: string, aboutBytes: number): Buffer {
  const head = Buffer.alloc(HEADER_BYTES)
  head.write(MAGIC + kind, 'latin1')
  for (const at of [26, 32, 45, 51]) head.writeUIntBE(NOW, at, 6)
  head.writeUInt32BE(1, 38)
  head.writeUIntBE(aboutBytes, 42, 3)
  return head
}

function make(random: Random): Buffer {
  return Buffer.from(Array.from({ length: 1 + random.below(40) }, () => (random.below(3) === 0 ? random.below(256) : random.below(16))))
}
