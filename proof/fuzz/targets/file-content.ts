// The file of a session, which a loss of power, a full disk or another program may leave in any state.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Found, LockingDriver, StoredRecord } from '../../../src/contracts/driver.ts'
import { FileDriver } from '../../../src/drivers/file/file-driver.ts'
import { recordPath } from '../../../src/drivers/file/paths.ts'
import { decodeContent, encodeRecord } from '../../../src/drivers/file/record-codec.ts'
import { DESCRIPTOR_BYTES, PAGE_BYTES, planWrite } from '../../../src/drivers/file/slots.ts'
import { keyFrom, recordWith } from '../../../bench/file/support.ts'
import type { Random } from '../../simulation/seeded.ts'
import { answeredOr, checkFound, checkMarker, checkRecord } from '../checks.ts'
import { Reader } from '../reader.ts'
import { type Target, type Trial, holds } from '../target.ts'

const KEY = keyFrom('0'.repeat(64))
const NOW = 1_800_000_000_000
const TOKEN = 'a'.repeat(32)
const VERSION = { counter: 1, writeToken: TOKEN }
const EXPIRES_AT = NOW + 3_600_000
const OLD = recordOf('old '.repeat(20), 1)
const NEW = recordOf('new '.repeat(20), 2)
const NEW_LONG = recordOf('new '.repeat(1500), 2)
const NEW_UTF16 = recordOf('\ud800', 2)
const PAIRS = [[OLD, NEW], [NEW_LONG, OLD], [OLD, NEW_LONG], [OLD, NEW_UTF16], [OLD]] as const
const FILES = PAIRS.map((records) => ({ records: records.map((record) => JSON.stringify(record)), bytes: fileOf(records) }))

type Read = (driver: FileDriver, path: string) => Promise<Found | undefined>

export const target: Target = {
  promise:
    'is one of the records that were stored there, whole, or unreadable: then it stays as it is until somebody destroys it; what another program wrote is no session',
  sources: [
    'src/drivers/file/slots.ts',
    'src/drivers/file/slot-io.ts',
    'src/drivers/file/record-codec.ts',
    'src/drivers/file/open-record.ts',
  ],
  words: ['HFS1', '[1,', '[0,', '"login"', 'null', '1e999', '\u0001\0\0\0\0\0\0\0', '[]', '{}', ']', '\u0003\0\0\0'],
  mostBytes: 8192,
  make,
  open: () => trial((driver) => driver.read(KEY)),
  // It believes a slot without its checksum.
  openMistaken: () => trial(async (driver, path) => (await careless(path)) ?? driver.read(KEY)),
}

async function trial(read: Read): Promise<Trial> {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-fuzz-'))
  const driver = new FileDriver({ path: root, clock: () => NOW, singleProcess: true })
  await driver.open()
  const path = recordPath(root, KEY)
  await driver.insert(KEY, recordWith('x'))
  return {
    run: async (input) => {
      const reader = new Reader(input)
      const form = reader.byte() % 4
      if (form === 0) return checkText(Buffer.concat([reader.rest()]))
      const file = form === 1 ? undefined : FILES[reader.byte() % FILES.length]
      const step = reader.byte()
      const bytes = file === undefined ? reader.rest() : damaged(file.bytes, reader)
      writeFileSync(path, bytes)
      const found = await answeredOr(() => read(driver, path))
      holds('a file that cannot be read is unreadable, not a failure', found !== 'failed')
      if (typeof found !== 'object') return checkUntouched(driver, path, bytes, step)
      checkFound(found.value)
      holds('a file that is there is a session', found.value !== undefined)
      if (file === undefined) return undefined
      holds(
        'what is read is one of the records, whole',
        found.value?.kind === 'record' && file.records.includes(JSON.stringify(found.value.record)),
      )
      return checkHeld(driver, found.value)
    },
    close: () => rmSync(root, { recursive: true, force: true }),
  }
}

/** A slot whose checksum fits, with any text in it. */
function checkText(text: Buffer): void {
  const content = decodeContent(text)
  if (content === undefined) return
  if (content.kind === 'marker') return checkMarker(content.marker)
  checkRecord(content.record)
  const again = decodeContent(encodeRecord(content.record).subarray(DESCRIPTOR_BYTES))
  holds('a record that was read is the same when it is stored again', JSON.stringify(again) === JSON.stringify(content))
}

/** What cannot be read is not written over and not removed, whatever is asked. */
async function checkUntouched(driver: FileDriver, path: string, bytes: Buffer, step: number): Promise<void> {
  const steps: readonly (() => Promise<unknown>)[] = [
    () => driver.acquire(KEY, { token: TOKEN, leaseMs: 1000 }),
    () => driver.update(KEY, recordWith('x'), VERSION),
    () => driver.touch(KEY, { idleMs: 1, absoluteMs: undefined }),
    () => driver.rewrite(KEY, { payload: 'x', flash: '', writeToken: TOKEN }, VERSION),
    () => driver.insert(KEY, recordWith('x')),
    () => driver.gc(),
    async () => holds('no list shows it', (await driver.list()).sessions.length === 0),
    async () => holds('a survey shows it', (await driver.survey()).records[0]?.kind === 'unreadable'),
  ]
  // A list looks into 256 folders: it is asked for less often.
  const asked = step < steps.length ? step : step % 5
  const answer = await answeredOr(() => steps[asked]?.())
  if (asked < 4) holds('every step finds it unreadable', answer === 'unreadable')
  holds('what cannot be read stays as it is', existsSync(path) && readFileSync(path).equals(bytes))
}

/** Who takes the lease finds what a read found, and writes over it. */
async function checkHeld(driver: LockingDriver, found: Found | undefined): Promise<void> {
  const held = await driver.acquire(KEY, { token: TOKEN, leaseMs: 1000 })
  if (held.kind !== 'held' || found?.kind !== 'record') return holds('what can be read can be held', false, () => held.kind)
  holds('who holds it finds the same', JSON.stringify(held.record) === JSON.stringify(found.record))
  const { kind } = await driver.commit(held.lease, recordWith('newer'), { leaseMs: 1000 })
  const now = await driver.read(KEY)
  holds('a write over it is found afterwards', kind === 'written' && now?.kind === 'record' && now.record.payload === 'newer')
}

/** The file with some places changed, some exchanged for the other slot's, and perhaps its end cut off or more behind it. */
function damaged(whole: Buffer, reader: Reader): Buffer {
  const bytes = Buffer.from(whole)
  for (let changes = reader.byte() % 8; changes > 0; changes--) {
    const at = reader.short() % bytes.length
    const length = reader.byte()
    if (reader.byte() % 2 === 0) reader.bytes(length).copy(bytes, at)
    else bytes.copyWithin(at, (at + PAGE_BYTES) % bytes.length, ((at + PAGE_BYTES) % bytes.length) + length)
  }
  const cut = reader.byte() % 4 === 0 ? reader.short() % (bytes.length + 1) : bytes.length
  return Buffer.concat([bytes.subarray(0, cut), reader.bytes(reader.byte() % 16)])
}

function fileOf(records: readonly StoredRecord[]): Buffer {
  let file = Buffer.alloc(0)
  let live: Parameters<typeof planWrite>[0]
  for (const record of records) {
    const { slot, writes } = planWrite(live, encodeRecord(record), 0)
    live = slot
    for (const { bytes, position } of writes) {
      const longer = Buffer.alloc(Math.max(file.length, position + bytes.length))
      file.copy(longer)
      longer.set(bytes, position)
      file = longer
    }
  }
  return file
}

function recordOf(payload: string, counter: number): StoredRecord {
  const { flash, ipAddress, userAgent } = recordWith(payload)
  return {
    payload,
    flash,
    handle: TOKEN,
    createdAt: NOW,
    authenticatedAt: undefined,
    regeneratedAt: undefined,
    lastActivity: NOW,
    expiresAt: EXPIRES_AT,
    userId: undefined,
    ipAddress,
    userAgent,
    version: { counter, writeToken: TOKEN },
  }
}

/** The newer of two slots that lie in the pages. */
async function careless(path: string): Promise<Found | undefined> {
  const bytes = readFileSync(path)
  const start =
    bytes.length > PAGE_BYTES + DESCRIPTOR_BYTES && bytes.readUInt32LE(PAGE_BYTES + 16) > bytes.readUInt32LE(16) ? PAGE_BYTES : 0
  if (bytes.length < start + DESCRIPTOR_BYTES) return undefined
  const text = bytes.subarray(start + DESCRIPTOR_BYTES, start + DESCRIPTOR_BYTES + bytes.readUInt32LE(start + 32))
  const content = decodeContent(text)
  return content?.kind === 'record' ? { kind: 'record', record: content.record, now: NOW } : undefined
}

function make(random: Random): Buffer {
  const text = encodeRecord(random.pick([OLD, NEW, NEW_UTF16])).subarray(DESCRIPTOR_BYTES)
  const form = random.below(8)
  if (form === 0) return Buffer.concat([Buffer.of(0), text])
  if (form === 1) return Buffer.concat([Buffer.of(1, random.below(256)), random.pick(FILES).bytes.subarray(0, random.below(9000))])
  const changes = random.below(4)
  const parts = Array.from({ length: changes }, () => {
    const length = random.below(12)
    const at = random.below(2) * PAGE_BYTES + random.pick([random.below(DESCRIPTOR_BYTES), random.below(PAGE_BYTES)])
    return [at & 0xff, at >> 8, length, random.below(2), ...Array.from({ length }, () => random.below(256))]
  })
  return Buffer.from([
    2,
    random.below(FILES.length),
    random.below(256),
    changes,
    ...parts.flat(),
    random.below(4),
    random.below(256),
    random.below(40),
    0,
  ])
}
