import { spawn } from 'node:child_process'
import { linkSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it, onTestFinished } from 'vitest'
import { hold, newKey, newMarker, recordWith } from '../../../bench/file/support.ts'
import { kernelLocks } from '../../../src/drivers/file/kernel-lock.ts'
import { lockRecord } from '../../../src/drivers/file/open-record.ts'
import type { StoreKey } from '../../../src/session/id.ts'
import { fileOf, openDriver } from './support.ts'

const ASK = { token: 'another', leaseMs: 1000 } as const

describe('a lease on a file', () => {
  it('of a process that is killed is free at once', async () => {
    const { driver, key } = await session()
    const holder = await childThatHolds(driver.path, key)
    expect((await driver.acquire(key, ASK)).kind).toBe('busy')
    await holder.end('SIGKILL')
    expect((await driver.acquire(key, ASK)).kind).toBe('held')
  })

  it('of a process that is stopped is busy for others, who are told at once, and is its own when it goes on', async () => {
    const { driver, key } = await session()
    const holder = await childThatHolds(driver.path, key)
    holder.signal('SIGSTOP')
    expect((await driver.acquire(key, ASK)).kind).toBe('busy')
    expect((await driver.touch(key, { idleMs: 1000, absoluteMs: undefined })).kind).toBe('busy')
    expect(await driver.read(key)).toMatchObject({ record: { payload: 'old' } })
    expect(await driver.gc()).toBe(0)
    holder.signal('SIGCONT')
    expect(await holder.commit('new')).toBe('written')
    expect(await driver.read(key)).toMatchObject({ record: { payload: 'new' } })
    expect((await driver.acquire(key, ASK)).kind).toBe('held')
  })

  it('of a process that was stopped while its user logged out writes nothing any more', async () => {
    const { driver, key } = await session()
    const holder = await childThatHolds(driver.path, key)
    holder.signal('SIGSTOP')
    expect(await driver.destroy(key)).toEqual({ kind: 'record' })
    holder.signal('SIGCONT')
    expect(await holder.commit('new')).toBe('gone')
    expect(await driver.read(key)).toBe(undefined)
  })

  it('keeps out a second holder in the same process, through the same driver and through another one', async () => {
    const { driver, key } = await session()
    const other = await openDriver({ path: driver.path })
    const { lease } = await hold(driver, key)
    expect((await driver.acquire(key, ASK)).kind).toBe('busy')
    expect((await other.acquire(key, ASK)).kind).toBe('busy')
    await driver.unlock(lease)
    expect((await other.acquire(key, ASK)).kind).toBe('held')
  })

  it('of a destroyed session does not write although its file has another name, of a backup or a killed insert', async () => {
    const { driver, key } = await session()
    const { lease } = await hold(driver, key)
    linkSync(fileOf(driver.path, key), join(driver.path, 'tmp', 'backup'))
    await driver.destroy(key)
    expect(await driver.renew(lease, 1000)).toBe(false)
    expect(await driver.commit(lease, recordWith('new'), { leaseMs: 1 })).toEqual({ kind: 'gone' })
    expect(await driver.read(key)).toBe(undefined)
  })

  it('that is given back while a write waits for the disk ends after the write', async () => {
    const { driver, key } = await session({ durability: 'power' })
    const { lease } = await hold(driver, key)
    const options = { keepLease: 'goes on', leaseMs: 1000 }
    const [written, unlocked, second] = await Promise.all([
      driver.commit(lease, recordWith('new'), options),
      driver.unlock(lease),
      driver.commit(lease, recordWith('twice'), options),
    ])
    expect([written.kind, unlocked, second.kind]).toEqual(['written', true, 'lost'])
    expect(written).toMatchObject({ lease: undefined })
    expect((await driver.acquire(key, ASK)).kind).toBe('held')
    expect(await driver.read(key)).toMatchObject({ record: { payload: 'new' } })
  })

  it('is taken on the file that has the name, not on one that lost it while the lock was asked for', async () => {
    const { driver, key } = await session()
    const locks = kernelLocks()
    if (typeof locks === 'string') throw new Error(locks)
    let asked = 0
    const slow = {
      ...locks,
      take: (fd: number): boolean => {
        asked += 1
        // The D-11 of the seed: another ends the session, and a new one has its place.
        if (asked === 1) replaceNow()
        return locks.take(fd)
      },
    }
    const next = newKey()
    await driver.insert(next, recordWith('the next one'))
    const replaceNow = (): void => {
      unlinkSync(fileOf(driver.path, key))
      linkSync(fileOf(driver.path, next), fileOf(driver.path, key))
    }
    const open = lockRecord({ root: driver.path, locks: slow, isDurable: false }, key)
    if (open === undefined || open === 'busy') throw new Error(open)
    onTestFinished(() => locks.close(open.fd))
    expect(open.content).toMatchObject({ record: { payload: 'the next one' } })
    expect((await driver.acquire(key, ASK)).kind).toBe('busy')
  })
})

describe('one key', () => {
  it('that two processes insert at the same time is given to one of them', async () => {
    const driver = await openDriver()
    const keys = Array.from({ length: 150 }, () => newKey())
    const children = await Promise.all(['one', 'two'].map((payload) => childThatInserts(driver.path, payload, keys)))
    const [one = [], two = []] = await Promise.all(children.map((begin) => begin()))
    expect([...one, ...two].toSorted()).toEqual(keys.toSorted())
    for (const key of keys) {
      expect(await driver.read(key)).toMatchObject({ record: { payload: one.includes(key) ? 'one' : 'two' } })
    }
  })

  it('under a lease cannot be moved twice', async () => {
    const { driver, key } = await session()
    const { lease } = await hold(driver, key)
    const [first, second] = [newKey(), newKey()]
    const answers = await Promise.all([
      driver.replace(lease, first, recordWith('first'), newMarker(), { leaseMs: 1 }),
      driver.replace(lease, second, recordWith('second'), newMarker(), { leaseMs: 1 }),
    ])
    expect(answers.filter(({ kind }) => kind === 'written')).toHaveLength(1)
    expect([await driver.read(first), await driver.read(second)].filter((found) => found !== undefined)).toHaveLength(1)
  })
})

async function session(options: Parameters<typeof openDriver>[0] = {}) {
  const driver = await openDriver(options)
  const key = newKey()
  await driver.insert(key, recordWith('old'))
  return { driver, key }
}

function start(script: string, args: readonly string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<string> => String((await lines.next()).value)
  return { child, lines, next }
}

async function childThatHolds(path: string, key: StoreKey) {
  const { child, next } = start('holder-child.ts', [path, key])
  expect(await next()).toBe('held')
  return {
    signal: (signal: NodeJS.Signals): boolean => child.kill(signal),
    end: (signal: NodeJS.Signals): Promise<void> =>
      new Promise((ended) => {
        child.once('exit', () => ended())
        child.kill(signal)
      }),
    commit: (payload: string): Promise<string> => {
      child.stdin.write(`${payload}\n`)
      return next()
    },
  }
}

/** Answers once the process is ready; what is called lets it begin. */
async function childThatInserts(path: string, payload: string, keys: readonly string[]) {
  const { child, lines, next } = start('insert-child.ts', [path, payload, ...keys])
  expect(await next()).toBe('ready')
  return async (): Promise<string[]> => {
    child.stdin.end()
    const got: string[] = []
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) got.push(line.value)
    return got
  }
}
