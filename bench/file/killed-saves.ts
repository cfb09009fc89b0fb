import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, utimesSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { join } from 'node:path'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import type { StoreKey } from '../../src/session/id.ts'
import { keyFrom, newKey, NEW_LONG_PAYLOAD, NEW_PAYLOAD, OLD_PAYLOAD, randomFrom, recordWith, withFolder } from './support.ts'

export type SaveOperation = 'commit' | 'long commit' | 'login' | 'update' | 'touch' | 'insert' | 'replace' | 'move' | 'destroy'

export interface KilledSaves {
  readonly kills: number
  readonly points: number
  /** Sessions that held what they held before. */
  readonly old: number
  /** Sessions that held what was saved. */
  readonly new: number
  /** Anything else: must be 0. */
  readonly neither: number
  readonly locksLeft: number
  readonly filesLeft: number
}

type State = 'old' | 'new' | 'neither'

const OPERATIONS: readonly SaveOperation[] = ['commit', 'long commit', 'login', 'update', 'touch', 'insert', 'replace', 'move', 'destroy']
const DURABILITIES = ['process', 'power'] as const

/** Kills processes at every call that a save makes of the file system, again and again until there were so many kills. */
export async function killSaves(kills: number, seed: number): Promise<KilledSaves> {
  const random = randomFrom(seed)
  return withFolder(async (path) => {
    const driver = new FileDriver({ path })
    await driver.open()
    const points = await pointsOf(driver, path)
    const counts = { old: 0, new: 0, neither: 0, locksLeft: 0 }
    for (let kill = 0; kill < kills; kill++) {
      // Fewer kills than points: spread over all of them.
      const point = points[kills < points.length ? Math.floor((kill * points.length) / kills) : kill % points.length]
      if (point === undefined) break
      const keys = await newSession(driver, point.operation)
      const { signal } = await runWorker(path, point.durability, [{ ...keys, ...point, share: random() }])
      if (signal !== 'SIGKILL') throw new Error(`${point.operation} was not killed at step ${point.step}`)
      counts[await stateOf(driver, point.operation, keys)] += 1
      if ((await driver.acquire(keys.key, { token: 'after the kill', leaseMs: 1 })).kind === 'busy') counts.locksLeft += 1
      await driver.unlock({ key: keys.key, token: 'after the kill' })
      await forget(path)
    }
    const filesLeft = await leftoversAfterGc(driver, path)
    await driver.close()
    return { kills, points: points.length, ...counts, filesLeft }
  })
}

/** What the worker does, and where it kills itself: at step 0 it does not. */
export interface Job extends Keys {
  readonly operation: SaveOperation
  readonly step: number
  readonly share: number
}

interface Point {
  readonly operation: SaveOperation
  readonly durability: (typeof DURABILITIES)[number]
  readonly step: number
}

interface Keys {
  readonly key: StoreKey
  readonly newKey: StoreKey
}

/** All calls of all operations: they are done once to be counted. */
async function pointsOf(driver: FileDriver, path: string): Promise<Point[]> {
  const points: Point[] = []
  for (const durability of DURABILITIES) {
    const jobs: Job[] = []
    for (const operation of OPERATIONS) jobs.push({ ...(await newSession(driver, operation)), operation, step: 0, share: 0 })
    const { printed } = await runWorker(path, durability, jobs)
    const calls: readonly number[] = JSON.parse(printed)
    for (const [index, { operation, ...keys }] of jobs.entries()) {
      if ((await stateOf(driver, operation, keys)) !== 'new') throw new Error(`${operation} did not save`)
      points.push(...Array.from({ length: calls[index] ?? 0 }, (_, before) => ({ operation, durability, step: before + 1 })))
    }
    await forget(path)
  }
  return points
}

async function newSession(driver: FileDriver, operation: SaveOperation): Promise<Keys> {
  const key = keyFrom(`0${newKey().slice(1)}`) // not in a folder that a save makes
  await driver.insert(key, recordWith(OLD_PAYLOAD))
  return { key, newKey: keyFrom(newFolderOf(operation) + newKey().slice(2)) }
}

/** Takes away the folders that a save makes on its way, so that each save takes the same steps. */
async function forget(path: string): Promise<void> {
  for (const folder of [...OPERATIONS.map(newFolderOf), 'users']) await rm(join(path, folder), { recursive: true, force: true })
  await mkdir(join(path, 'users'), { mode: 0o700 })
}

function newFolderOf(operation: SaveOperation): string {
  return `f${OPERATIONS.indexOf(operation).toString(16)}`
}

async function runWorker(
  path: string,
  durability: Point['durability'],
  jobs: readonly Job[],
): Promise<{ readonly printed: string; readonly signal: unknown }> {
  const args = [join(import.meta.dirname, 'killed-save-worker.ts'), path, durability, JSON.stringify(jobs)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const printed = await text(child.stdout)
  const [code, signal] = await exited
  if (code !== 0 && signal !== 'SIGKILL') throw new Error(`the worker ended with ${String(code ?? signal)}`)
  return { printed, signal }
}

/** What the store holds after the kill, as the next request finds it. */
async function stateOf(driver: FileDriver, operation: SaveOperation, { key, newKey: moved }: Keys): Promise<State> {
  const before = await payloadUnder(driver, key)
  const after = await payloadUnder(driver, moved)
  const isNew = after === NEW_PAYLOAD
  switch (operation) {
    case 'commit':
    case 'login':
    case 'update':
      return oldOrNew(before, NEW_PAYLOAD)
    case 'long commit':
      return oldOrNew(before, NEW_LONG_PAYLOAD)
    case 'touch':
      return before === OLD_PAYLOAD ? 'new' : 'neither'
    case 'insert':
      return before === OLD_PAYLOAD && (after === undefined || isNew) ? (isNew ? 'new' : 'old') : 'neither'
    case 'destroy':
      return oldOrNew(before, undefined)
    // Between its two steps both are there: the old id still works, and nobody has the new one.
    case 'replace':
      return before === OLD_PAYLOAD ? 'old' : before === 'marker' && isNew ? 'new' : 'neither'
    case 'move':
      return before === OLD_PAYLOAD ? 'old' : before === undefined && isNew ? 'new' : 'neither'
  }
}

function oldOrNew(found: string | undefined, saved: string | undefined): State {
  if (found === OLD_PAYLOAD) return 'old'
  return found === saved ? 'new' : 'neither'
}

async function payloadUnder(driver: FileDriver, key: StoreKey): Promise<string | undefined> {
  const found = await driver.read(key).catch((error: unknown) => String(error))
  if (found === undefined || typeof found === 'string') return found
  return found.kind === 'record' ? found.record.payload : 'marker'
}

/** Temporary files that a collection leaves once they are a minute old, which is when it looks at them. */
export async function leftoversAfterGc(driver: FileDriver, path: string): Promise<number> {
  const temporary = join(path, 'tmp')
  const before = Date.now() / 1000 - 120
  for (const name of readdirSync(temporary)) utimesSync(join(temporary, name), before, before)
  await driver.gc()
  return readdirSync(temporary).length
}
