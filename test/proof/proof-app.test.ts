import { once } from 'node:events'
import { createServer } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Data, proofApp } from '../../proof/run/app.ts'
import { surveyed } from '../../proof/run/surveyed.ts'
import { type Asked, idName, pathOf } from '../../proof/run/talk.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { SessionError } from '../../src/session/errors.ts'

const MARK = 'v1.1'

async function startApp() {
  const driver = new MemoryDriver()
  const sessions = new SessionManager<Data>({ driver, cookie: { secure: false }, lock: { waitSeconds: 0.1 }, onGone: 'throw' })
  const server = createServer(proofApp(sessions)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await sessions.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('a listening server has a port')
  const ask = async (asked: Partial<Asked>, id?: string) => {
    const path = pathOf({ deed: { kind: 'read' }, mark: MARK, concurrency: 'exclusive', workMs: 0, ...asked })
    const response = await fetch(`http://127.0.0.1:${address.port}${path}`, {
      headers: id === undefined ? {} : { cookie: `ml_session=${id}` },
    })
    const body: unknown = await response.json()
    return { status: response.status, body, id: /=([^;]*)/.exec(response.headers.getSetCookie()[0] ?? '')?.[1] }
  }
  return { driver, ask }
}

describe('the application of a proof', () => {
  it('tells what it found, under which id, and how long it had the session', async () => {
    const { ask } = await startApp()
    const created = await ask({ deed: { kind: 'create' } })
    const { id = '' } = created
    expect(created).toMatchObject({ status: 200, body: { saw: 'new', servedUnder: idName(id) } })
    await ask({ deed: { kind: 'increment' } }, id)
    await ask({ deed: { kind: 'write', argument: 7 }, concurrency: 'merge' }, id)
    const { body } = await ask({ workMs: 20 }, id)
    expect(body).toMatchObject({ saw: { mark: MARK, value: 7, counter: 1, twin: 1 }, servedUnder: idName(id) })
    const { enteredAt, leftAt } = Object(body).held
    expect(leftAt - enteredAt).toBeGreaterThan(15)
  })

  it('does nothing to a session that is not there', async () => {
    const { driver, ask } = await startApp()
    expect((await ask({ deed: { kind: 'increment' } }, 'a'.repeat(40))).body).toMatchObject({ saw: 'new' })
    expect(await surveyed(driver)).toEqual([])
  })

  it('changes the id, ends the session, and shows what is left of both', async () => {
    const { driver, ask } = await startApp()
    const { id: first = '' } = await ask({ deed: { kind: 'create' } })
    const { id: second = '' } = await ask({ deed: { kind: 'regenerate', endsOld: true } }, first)
    expect((await ask({}, first)).body).toMatchObject({ saw: 'new' })
    const found = await surveyed(driver)
    expect(found).toContainEqual({ key: idName(first), content: 'marker', isHeld: false })
    expect(found).toContainEqual({ key: idName(second), content: { mark: MARK, value: undefined, counter: 0, twin: 0 }, isHeld: false })
    await ask({ deed: { kind: 'destroy' } }, second)
    expect((await ask({}, second)).body).toMatchObject({ saw: 'new' })
    expect((await surveyed(driver)).map(({ content }) => content)).toEqual(['marker'])
  })

  it('says of a request that never got the session that nothing was done', async () => {
    const { driver, ask } = await startApp()
    const { id = '' } = await ask({ deed: { kind: 'create' } })
    driver.acquire = () => Promise.resolve({ kind: 'busy' })
    const { status, body } = await ask({ deed: { kind: 'increment' } }, id)
    expect([status, body]).toEqual([503, { code: 'ERR_SESSION_LOCK_TIMEOUT', isCertain: true }])
  })

  it('says of a write that the store did not answer that nobody knows', async () => {
    const { driver, ask } = await startApp()
    const { id = '' } = await ask({ deed: { kind: 'create' } })
    driver.commit = () => Promise.reject(SessionError.driverFailed('commit', 'No answer.'))
    const { status, body } = await ask({ deed: { kind: 'increment' } }, id)
    expect([status, body]).toEqual([503, { code: 'ERR_SESSION_DRIVER_FAILED', isCertain: false }])
  })

  it('believes that a write was not stored when the lock was lost, but for a logout, which is done before', async () => {
    const { driver, ask } = await startApp()
    const { id = '' } = await ask({ deed: { kind: 'create' } })
    driver.commit = () => Promise.resolve({ kind: 'lost' })
    expect((await ask({ deed: { kind: 'increment' } }, id)).body).toEqual({ code: 'ERR_SESSION_LOCK_LOST', isCertain: true })
    driver.commit = () => Promise.resolve({ kind: 'lost', isUnsure: true })
    expect((await ask({ deed: { kind: 'increment' } }, id)).body).toEqual({ code: 'ERR_SESSION_LOCK_LOST', isCertain: false })
  })
})
