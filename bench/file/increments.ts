import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import type { StoreKey } from '../../src/session/id.ts'
import { leftoversAfterGc } from './killed-saves.ts'
import { hold, newKey, randomFrom, recordWith, withFolder } from './support.ts'

/** What the session of this run holds: the increments in all, and those of each place where a process runs. */
export interface IncrementCounts {
  readonly total: number
  readonly by: Readonly<Record<string, number>>
}

export interface IncrementRun {
  readonly processes: number
  /** It ends when so many increments were acknowledged. */
  readonly increments: number
  /** Mean number of acknowledged increments between two kills. */
  readonly everyMean: number
  readonly seed: number
}

export interface IncrementResult {
  readonly acknowledged: number
  /** Written and, because of a kill, never acknowledged. */
  readonly unacknowledged: number
  readonly kills: number
  /** Acknowledged and not in the session. */
  readonly lost: number
  /** Increments more in the session than writes can have made. */
  readonly tooMany: number
  readonly locksLeft: number
  readonly filesLeft: number
}

interface Place {
  readonly name: string
  child: ChildProcess
  acknowledged: number
  kills: number
}

export function countsIn(payload: string): IncrementCounts {
  return JSON.parse(payload)
}

/** Lets processes raise one session's counter, and kills one after another of them with SIGKILL at random moments. */
export async function runIncrements(run: IncrementRun): Promise<IncrementResult> {
  return withFolder(async (path) => {
    const driver = new FileDriver({ path })
    await driver.open()
    const key = newKey()
    await driver.insert(key, recordWith(JSON.stringify({ total: 0, by: {} })))
    const places = await incrementUntilDone(path, key, run)
    const result = await count(driver, path, key, places)
    await driver.close()
    return result
  })
}

async function incrementUntilDone(path: string, key: StoreKey, run: IncrementRun): Promise<readonly Place[]> {
  const random = randomFrom(run.seed)
  const nextKill = (): number => 1 + Math.floor(random() * 2 * run.everyMean)
  const places = Array.from({ length: run.processes }, (_, index) => placeFor(`p${index}`))
  const acknowledged = (): number => places.reduce((sum, place) => sum + place.acknowledged, 0)
  const enough = Promise.withResolvers<void>()
  let killAt = nextKill()

  function placeFor(name: string): Place {
    const place: Place = { name, child: start(path, key, name), acknowledged: 0, kills: 0 }
    listen(place)
    return place
  }
  function listen(place: Place): void {
    place.child.stdout?.on('data', (bytes: Buffer) => {
      place.acknowledged += bytes.length
      if (acknowledged() >= run.increments) enough.resolve()
      else if (acknowledged() >= killAt) {
        killAt = acknowledged() + nextKill()
        // A little later: the moment must not follow from the answer.
        setTimeout(() => kill(places[Math.floor(random() * places.length)]), random() * 5)
      }
    })
    place.child.once('exit', (code) => {
      if (code !== null) enough.reject(new Error(`a worker ended by itself, with ${code}`))
    })
  }
  function kill(place: Place | undefined): void {
    // Its last bytes must have been read before another takes its place.
    if (place === undefined || place.child.killed) return
    place.kills += 1
    place.child.once('close', () => {
      place.child = start(path, key, place.name)
      listen(place)
    })
    place.child.kill('SIGKILL')
  }

  try {
    await enough.promise
  } finally {
    await sleep(20) // for a kill that is due
    await Promise.all(places.map((place) => stop(place)))
  }
  return places
}

function start(path: string, key: string, name: string): ChildProcess {
  return spawn(process.execPath, [join(import.meta.dirname, 'increment-worker.ts'), path, key, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function stop(place: Place): Promise<void> {
  if (place.child.killed) await once(place.child, 'close')
  place.kills += 1
  const closed = once(place.child, 'close')
  place.child.kill('SIGKILL')
  await closed
}

async function count(driver: FileDriver, path: string, key: StoreKey, places: readonly Place[]): Promise<IncrementResult> {
  const { lease, record } = await hold(driver, key)
  await driver.unlock(lease)
  const counts = countsIn(record.payload)
  const sum = (of: (place: Place) => number): number => places.reduce((total, place) => total + of(place), 0)
  const written = (place: Place): number => counts.by[place.name] ?? 0
  const acknowledged = sum((place) => place.acknowledged)
  return {
    acknowledged,
    unacknowledged: counts.total - acknowledged,
    kills: sum((place) => place.kills),
    lost: sum((place) => Math.max(0, place.acknowledged - written(place))),
    tooMany: sum((place) => Math.max(0, written(place) - place.acknowledged - place.kills)) + Math.abs(counts.total - sum(written)),
    locksLeft: (await driver.acquire(key, { token: 'at the end', leaseMs: 1 })).kind === 'held' ? 0 : 1,
    filesLeft: await leftoversAfterGc(driver, path),
  }
}
