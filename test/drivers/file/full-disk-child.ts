// node full-disk-child.ts FOLDER: what becomes of sessions when the disk under them is full, as JSON.
import { closeSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { FileDriver } from '../../../src/drivers/file/file-driver.ts'
import { isSessionError } from '../../../src/session/errors.ts'
import type { StoreKey } from '../../../src/session/id.ts'
import { newKey, recordWith } from '../../../bench/file/support.ts'

export interface FullDiskResult {
  /** What each attempt to write said. */
  readonly refusals: Readonly<Record<string, { readonly code: string; readonly message: string; readonly cause: string } | string>>
  readonly payloadsMeanwhile: readonly string[]
  readonly leaseKept: boolean
  /** What was answered to a write that needs no room: both pages of a short record are its own from the start. */
  readonly inPlace: string
  /** What was answered once there was room again. */
  readonly afterwards: readonly string[]
  readonly temporaryFiles: number
}

const folder = process.argv[2] ?? ''
const filler = join(folder, 'filler')
const path = join(folder, 'sessions')
const driver = new FileDriver({ path })
await driver.open()

const keys: StoreKey[] = []
for (const [letter, length] of [
  ['a', 300],
  ['b', 6000],
  ['c', 300],
  ['d', 300],
] as const) {
  const key = newKey()
  await driver.insert(key, recordWith(letter.repeat(length)))
  keys.push(key)
}
const [first = newKey(), second = newKey(), third = newKey(), short = newKey()] = keys
const version = await versionOf(first)
fillUp()

const refusals: Record<string, FullDiskResult['refusals'][string]> = {}
await attempt('update', () => driver.update(first, recordWith('new'.repeat(20_000)), version))
await attempt('touch', () => driver.touch(second, { idleMs: 9_000_000, absoluteMs: undefined }))
await attempt('insert', () => driver.insert(newKey(), recordWith('new'.repeat(3000))))
const acquired = await driver.acquire(third, { token: 'mine', leaseMs: 1 })
if (acquired.kind !== 'held') throw new Error(acquired.kind)
const { lease } = acquired
await attempt('commit', () => driver.commit(lease, recordWith('new'.repeat(3000)), { leaseMs: 1 }))
await attempt('replace', () => driver.replace(lease, newKey(), recordWith('new'.repeat(3000)), undefined, { leaseMs: 1 }))
const inPlace = (await driver.update(short, recordWith('new'), await versionOf(short))).kind
const payloadsMeanwhile = await Promise.all(keys.map(payloadOf))
const leaseKept = await driver.renew(lease, 1)

rmSync(filler)
const afterwards = [
  (await driver.update(first, recordWith('new'), version)).kind,
  (await driver.commit(lease, recordWith('new'), { leaseMs: 1 })).kind,
  (await driver.insert(newKey(), recordWith('new'))) === undefined ? 'taken' : 'inserted',
  ...(await Promise.all(keys.map(payloadOf))),
]
const temporaryFiles = readdirSync(join(path, 'tmp')).length
const result: FullDiskResult = { refusals, inPlace, payloadsMeanwhile, leaseKept, afterwards, temporaryFiles }
console.log(JSON.stringify(result))

async function attempt(name: string, write: () => Promise<object | undefined>): Promise<void> {
  try {
    refusals[name] = JSON.stringify(await write())
  } catch (error) {
    if (!isSessionError(error)) throw error
    refusals[name] = { code: error.code, message: error.message, cause: String(error.cause) }
  }
}

async function versionOf(key: StoreKey): Promise<{ readonly counter: number; readonly writeToken: string }> {
  const found = await driver.read(key)
  if (found?.kind !== 'record') throw new Error('the record is not there')
  return found.record.version
}

async function payloadOf(key: StoreKey): Promise<string> {
  const found = await driver.read(key)
  return found?.kind === 'record' ? found.record.payload.slice(0, 5) : 'nothing'
}

function fillUp(): void {
  const fd = openSync(filler, 'w')
  try {
    for (;;) writeSync(fd, Buffer.alloc(4096))
  } catch {
    // It is full.
  } finally {
    closeSync(fd)
  }
}
