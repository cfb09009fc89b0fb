// node killed-save-worker.ts FOLDER DURABILITY JOBS: does things to sessions, and kills itself with SIGKILL at a step of a job: before
// that call of the file system or, where it is a write, after a share of its bytes. It prints how many calls each job made.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import type { StoreKey } from '../../src/session/id.ts'
import type { Job, SaveOperation } from './killed-saves.ts'
import { HOUR_MS, hold, newMarker, NEW_PAYLOAD, NEW_LONG_PAYLOAD, recordWith } from './support.ts'

const [path = '', durability, jobsText = '[]'] = process.argv.slice(2)
const jobs: readonly Job[] = JSON.parse(jobsText)
const driver = new FileDriver({ path, durability: durability === 'power' ? 'power' : 'process' })
await driver.open()

const steps: Record<SaveOperation, (key: StoreKey, newKey: StoreKey) => Promise<unknown>> = {
  commit: async (key) => driver.commit((await hold(driver, key)).lease, recordWith(NEW_PAYLOAD), { leaseMs: 1 }),
  'long commit': async (key) => driver.commit((await hold(driver, key)).lease, recordWith(NEW_LONG_PAYLOAD), { leaseMs: 1 }),
  login: async (key, user) => driver.commit((await hold(driver, key)).lease, recordWith(NEW_PAYLOAD, { userId: user }), { leaseMs: 1 }),
  update: async (key) => {
    const found = await driver.read(key)
    return found?.kind === 'record' ? driver.update(key, recordWith(NEW_PAYLOAD), found.record.version) : undefined
  },
  touch: (key) => driver.touch(key, { idleMs: 2 * HOUR_MS, absoluteMs: undefined }),
  insert: (_, newKey) => driver.insert(newKey, recordWith(NEW_PAYLOAD)),
  replace: async (key, newKey) =>
    driver.replace((await hold(driver, key)).lease, newKey, recordWith(NEW_PAYLOAD), newMarker(), { leaseMs: 1 }),
  move: async (key, newKey) => driver.replace((await hold(driver, key)).lease, newKey, recordWith(NEW_PAYLOAD), undefined, { leaseMs: 1 }),
  destroy: (key) => driver.destroy(key),
}

let calls = 0
let killAt = 0
let share = 0
countCalls()
const counts: number[] = []
for (const job of jobs) {
  ;[calls, killAt, share] = [0, job.step, job.share]
  await steps[job.operation](job.key, job.newKey)
  counts.push(calls)
}
console.log(JSON.stringify(counts))

function countCalls(): void {
  const { writeSync } = fs
  const isNext = (): boolean => ++calls === killAt
  const die = (): void => void process.kill(process.pid, 'SIGKILL')
  const names = [
    'openSync',
    'closeSync',
    'readSync',
    'linkSync',
    'unlinkSync',
    'mkdirSync',
    'chmodSync',
    'fchmodSync',
    'futimesSync',
    'statSync',
    'fstatSync',
    'fdatasync',
  ] as const
  for (const name of names) {
    const original: unknown = Reflect.get(fs, name)
    if (typeof original !== 'function') throw new Error(`fs has no ${name}`)
    Reflect.set(fs, name, (...args: unknown[]): unknown => {
      if (isNext()) die()
      return Reflect.apply(original, fs, args)
    })
  }
  fs.writeSync = function partly(fd: number, bytes: Uint8Array, offset: number, length: number, position: number): number {
    if (isNext()) {
      writeSync(fd, bytes, offset, Math.floor(length * share), position)
      die()
    }
    return writeSync(fd, bytes, offset, length, position)
  } as typeof fs.writeSync
  syncBuiltinESMExports()
}
