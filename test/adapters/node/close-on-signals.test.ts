import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { closeOnSignals } from '../../../src/adapters/node.ts'
import { DatabaseDriver } from '../../../src/drivers/database/database-driver.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'

interface Served {
  readonly url: string
  readonly child: ChildProcess
  readonly saw: (text: string) => Promise<void>
  readonly ended: Promise<readonly [number | null, NodeJS.Signals | null]>
  /** What its store holds now: sessions with their data, and how many locks. */
  readonly store: () => Promise<{ readonly locks: number; readonly said: unknown[] }>
}

const served = async (waitSeconds: number, ...more: string[]): Promise<Served> => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-closing-'))
  const path = join(folder, 'sessions.db')
  const child = spawn(process.execPath, ['test/adapters/node/closing-server.ts', path, String(waitSeconds), ...more], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  let output = ''
  let look = (): void => undefined
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    look()
  })
  const saw = (text: string): Promise<void> =>
    new Promise((done) => {
      look = () => {
        if (output.includes(text)) done()
      }
      look()
    })
  const ended = new Promise<readonly [number | null, NodeJS.Signals | null]>((done) =>
    child.on('exit', (code, signal) => done([code, signal])),
  )
  await saw('port ')
  await saw('\n')
  return {
    url: `http://127.0.0.1:${/port (\d+)/.exec(output)?.[1]}`,
    child,
    saw,
    ended,
    store: async () => {
      const database = new DatabaseSync(path)
      const driver = new DatabaseDriver({ client: database })
      await driver.open()
      const { records } = await driver.survey()
      const said = await Promise.all(
        records.map(async ({ key }) => /"said":"([^"]*)"/.exec(JSON.stringify(await driver.read(key)).replaceAll('\\', ''))?.[1]),
      )
      await driver.close()
      database.close()
      return { locks: records.filter(({ holder }) => holder !== undefined).length, said }
    },
  }
}

/** Whether somebody takes a new connection there. */
const takes = (url: string): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => {
      socket.destroy()
      done(true)
    })
    socket.on('error', () => done(false))
  })

/** A visitor who has a session already, so that the next request locks it. */
const visit = async (url: string): Promise<string> => {
  const response = await fetch(`${url}/0`)
  await response.text()
  return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}

describe('closeOnSignals', { timeout: 120_000 }, () => {
  it('S-169 S-453: SIGTERM while a request runs: it is answered, its session is stored, no lock is left, and the process ends by the signal', async () => {
    const { url, child, saw, ended, store } = await served(60)
    const cookie = await visit(url)
    const running = fetch(`${url}/3000`, { headers: { cookie } })
    await saw('begun /3000')
    expect((await store()).locks).toBe(1)
    child.kill('SIGTERM')
    // It takes no more connections, while that one is still waited for.
    while (await takes(url)) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(child.exitCode ?? child.signalCode).toBeNull()
    expect((await store()).locks).toBe(1)
    const response = await running
    expect([response.status, await response.text()]).toEqual([200, 'said /3000'])
    expect(await ended).toEqual([null, 'SIGTERM'])
    expect(await store()).toEqual({ locks: 0, said: ['/3000'] })
  })

  it('SIGINT does the same, also for a request that came without a session', async () => {
    const { url, child, saw, ended, store } = await served(60)
    const running = fetch(`${url}/1200`)
    await saw('begun /1200')
    child.kill('SIGINT')
    expect(await (await running).text()).toBe('said /1200')
    expect(await ended).toEqual([null, 'SIGINT'])
    expect(await store()).toEqual({ locks: 0, said: ['/1200'] })
  })

  it('a request that takes longer than waitSeconds loses its lock, stores nothing, and keeps nobody waiting', async () => {
    const { url, child, saw, ended, store } = await served(0.3)
    const cookie = await visit(url)
    const running = fetch(`${url}/600000`, { headers: { cookie } }).catch((error: unknown) => error)
    await saw('begun /600000')
    child.kill('SIGTERM')
    expect(await ended).toEqual([null, 'SIGTERM'])
    expect(await running).toBeInstanceOf(TypeError)
    expect(await store()).toEqual({ locks: 0, said: ['/0'] })
  })

  it('a signal that comes twice, as a watcher hands on what the terminal has told the server as well, ends no request', async () => {
    const { url, child, saw, ended, store } = await served(60)
    const cookie = await visit(url)
    const running = fetch(`${url}/1200`, { headers: { cookie } })
    await saw('begun /1200')
    child.kill('SIGINT')
    await new Promise((resolve) => setTimeout(resolve, 50))
    child.kill('SIGINT')
    expect(await (await running).text()).toBe('said /1200')
    expect(await ended).toEqual([null, 'SIGINT'])
    expect(await store()).toEqual({ locks: 0, said: ['/1200'] })
  })

  it('a second signal ends the process at once', async () => {
    const { url, child, saw, ended } = await served(600)
    const running = fetch(`${url}/600000`).catch((error: unknown) => error)
    await saw('begun /600000')
    child.kill('SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, 1200))
    expect(child.exitCode ?? child.signalCode).toBeNull()
    child.kill('SIGTERM')
    expect(await ended).toEqual([null, 'SIGTERM'])
    await running
  })

  it.each(['listens too', 'listens once'])('where the application %s, it is the one that ends the process', async (listens) => {
    const { url, child, saw, ended, store } = await served(60, listens)
    const cookie = await visit(url)
    const running = fetch(`${url}/300`, { headers: { cookie } })
    await saw('begun /300')
    child.kill('SIGTERM')
    expect((await running).status).toBe(200)
    expect(await ended).toEqual([7, null])
    expect(await store()).toEqual({ locks: 0, said: ['/300'] })
  })

  it('where it was called for several managers, the process ends when the last of them is closed', async () => {
    const { url, child, saw, ended, store } = await served(60, 'has a second manager')
    const running = fetch(`${url}/300`)
    await saw('begun /300')
    child.kill('SIGTERM')
    expect((await running).status).toBe(200)
    const since = performance.now()
    expect(await ended).toEqual([null, 'SIGTERM'])
    expect(performance.now() - since).toBeGreaterThan(300)
    expect(await store()).toEqual({ locks: 0, said: ['/300'] })
  })

  it('can be taken back, and names an option that cannot work', async () => {
    const sessions = new SessionManager({ driver: new MemoryDriver() })
    const before = process.listenerCount('SIGTERM')
    const stop = closeOnSignals(sessions, { waitSeconds: 1 })
    expect(process.listenerCount('SIGTERM')).toBe(before + 1)
    stop()
    expect(process.listenerCount('SIGTERM')).toBe(before)
    expect(() => Reflect.apply(closeOnSignals, undefined, [sessions, { waitSecond: 1 }])).toThrow("'waitSecond'")
    expect(() => closeOnSignals(sessions, { waitSeconds: -1 })).toThrow("'waitSeconds'")
    expect(() => Reflect.apply(closeOnSignals, undefined, [{}])).toThrow("'sessions'")
    for (const signals of [['SIGKILL'], ['SIGSTOP'], ['SIGTREM'], 'SIGTERM', [], null]) {
      expect(() => Reflect.apply(closeOnSignals, undefined, [sessions, { signals }])).toThrow(
        expect.objectContaining({ code: 'ERR_SESSION_CONFIG', message: expect.stringContaining("'signals'") }),
      )
    }
    await sessions.close()
  })
})
