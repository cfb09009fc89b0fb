import { describe, expect, it } from 'vitest'
import { session } from '../../../src/adapters/node/session-middleware.ts'
import { SessionError, SessionLockError } from '../../../src/session/errors.ts'
import { FakeManager, storesLater, turns } from './fake-open-session.ts'
import type { FakeOpenSession } from './fake-open-session.ts'
import { ask, dial, GET, serve, until } from './support.ts'

/** A manager whose lock is had when the test says so, or never when the client is gone before. */
function lockedManager(): FakeManager & { readonly admit: () => void } {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const onOpen = (opened: FakeOpenSession, { signal }: { readonly signal?: AbortSignal | undefined }): Promise<FakeOpenSession> => {
    const aborted = new Promise<never>((_, reject) => {
      const giveUp = (): void => reject(SessionError.aborted(signal?.reason))
      if (signal?.aborted === true) giveUp()
      else signal?.addEventListener('abort', giveUp)
    })
    return Promise.race([promise.then(() => opened), aborted])
  }
  return Object.assign(storesLater(), { onOpen, admit: () => resolve(undefined) })
}

describe('a request that waits for the lock', () => {
  it('runs its handler when it has it', async () => {
    const manager = lockedManager()
    const middleware = session(manager)
    const served = await serve((req, res) => middleware(req, res, () => res.end('mine')))
    const answer = ask(served)
    await until(() => manager.opened.length === 1)
    manager.admit()
    expect((await answer).body).toBe('mine')
    expect(manager.only.commits).toBe(1)
  })

  it('stops waiting when its client hangs up, and its handler never runs', async () => {
    const manager = lockedManager()
    const middleware = session(manager)
    const told = Promise.withResolvers<unknown>()
    const served = await serve((req, res) => middleware(req, res, (error) => told.resolve(error)))
    const client = await dial(served)
    client.write(GET)
    await until(() => manager.opened.length === 1)
    client.destroy()
    expect(await told.promise).toMatchObject({ code: 'ERR_SESSION_ABORTED' })
  })

  it('does not even begin to wait when its client is gone already', async () => {
    const manager = lockedManager()
    const middleware = session(manager)
    const told = Promise.withResolvers<unknown>()
    let arrived = false
    const served = await serve((req, res) => {
      arrived = true
      res.on('close', () => middleware(req, res, (error) => told.resolve(error)))
    })
    const client = await dial(served)
    client.write(GET)
    await until(() => arrived)
    client.destroy()
    expect(await told.promise).toMatchObject({ code: 'ERR_SESSION_ABORTED' })
  })

  it('listens for that no longer than it waits', async () => {
    const manager = lockedManager()
    const middleware = session(manager)
    let before = 0
    let during = 0
    const served = await serve((req, res) => {
      before = res.listenerCount('close')
      middleware(req, res, () => {
        during = res.listenerCount('close')
        res.end()
      })
    })
    manager.admit()
    await ask(served)
    // One listener for the hold, none for the wait.
    expect(during).toBe(before + 1)
  })

  it('gives the lock back at once when somebody else has answered meanwhile', async () => {
    const manager = storesLater()
    const { promise, resolve } = Promise.withResolvers<undefined>()
    manager.onOpen = (opened) => promise.then(() => opened)
    const middleware = session(manager)
    let runs = 0
    const served = await serve((req, res) => {
      middleware(req, res, () => (runs += 1))
      res.writeHead(503).end('timed out')
    })
    expect((await ask(served)).body).toBe('timed out')
    resolve(undefined)
    await manager.only.ended
    expect([runs, manager.only.commits, manager.only.discards.length]).toEqual([0, 0, 1])
  })

  it('tells nobody that it could not have it when somebody else has answered', async () => {
    const manager = lockedManager()
    const middleware = session(manager)
    const given: unknown[] = []
    const served = await serve((req, res) => {
      middleware(req, res, (error) => given.push(error))
      res.end('answered')
    })
    await ask(served)
    await turns()
    expect(given).toEqual([])
  })

  it('hands the error to the application when it cannot have it', async () => {
    const manager = new FakeManager()
    const error = SessionLockError.queueFull('key' as never, 64)
    manager.onOpen = () => Promise.reject(error)
    const middleware = session(manager)
    const served = await serve((req, res) => middleware(req, res, (given) => res.writeHead(418).end(String(given === error))))
    expect(await ask(served)).toMatchObject({ status: 418, body: 'true' })
  })

  it('is answered with 503 where nobody takes the error, and its handler never runs', async () => {
    const manager = new FakeManager()
    let runs = 0
    manager.onOpen = () => Promise.reject(SessionError.driverFailed('acquire'))
    const middleware = session(manager)
    const served = await serve((req, res) => middleware(req, res, () => (runs += 1)))
    const { status, headers, body } = await ask(served)
    expect([status, headers['retry-after'], body, runs]).toEqual([503, '1', 'Service Unavailable', 0])
    manager.onOpen = () => {
      throw SessionError.driverFailed('acquire')
    }
    expect((await ask(served)).status).toBe(503)
  })
})
