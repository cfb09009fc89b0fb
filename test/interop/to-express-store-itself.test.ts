import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { EncryptedSerializer } from '../../src/serializers/encrypted.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import type { SessionDriver } from '../../src/index.ts'
import { toExpressStore } from '../../src/interop/index.ts'
import { theirs } from './express-session-app.ts'
import { clientOf, memory, storeOver, text } from './store-support.ts'

describe('toExpressStore', () => {
  it('hands an error of the store to the application', async () => {
    const driver = memory()
    const client = clientOf(storeOver(driver))
    await client.get('/')
    driver.read = () => Promise.reject(new Error('the store is down'))
    expect((await client.get('/read')).status).toBe(500)
  })

  it('says by an event what failed where nobody was told, and stays alive', async () => {
    const driver = memory()
    driver.destroy = () => Promise.reject(new Error('the store is down'))
    const store = storeOver(driver)
    const errors: unknown[] = []
    store.on('error', (error) => errors.push(error))
    const client = clientOf(store, {
      '/leave': (request, response) => {
        theirs(request).destroy()
        response.send('left')
      },
    })
    await client.get('/')
    expect(await text(client.get('/leave'))).toBe('left')
    expect(errors).toMatchObject([{ message: 'the store is down' }])
  })

  it('leaves what it did not store as it is', async () => {
    const driver = memory()
    const store = storeOver(driver)
    const client = clientOf(store)
    await client.get('/')
    const [session] = (await driver.list()).sessions
    const found = session && (await driver.read(session.key))
    if (session === undefined || found?.kind !== 'record') throw new Error('no record')
    await driver.rewrite(session.key, { payload: '~[1]', flash: '{}', writeToken: 'other' }, found.record.version)
    expect((await client.get('/')).status).toBe(500)
    const after = await driver.read(session.key)
    expect(after?.kind === 'record' && after.record.payload).toBe('~[1]')
  })

  it('has sealed sessions that a manager over its driver brings over to another key, of which then none needs the old one', async () => {
    const driver = memory()
    const [v1, v2] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')]
    await clientOf(storeOver(driver, { serializer: new EncryptedSerializer({ keys: { v1 } }) })).get('/')
    const serializer = new EncryptedSerializer({ keys: { v2, v1: { key: v1, state: 'opens' } } })
    await using manager = new SessionManager({ driver, serializer })
    expect(await manager.reseal()).toMatchObject({ examined: 1, resealed: 1, unreadable: 0 })
    expect(await manager.keyUsage()).toMatchObject({ byKey: new Map([['v2', 1]]), unsealed: 0 })
  })

  it('refuses options that are unknown or cannot work, by name', () => {
    const bad: [object, string][] = [
      [{ idleSecond: 1 }, "'idleSecond': is not known. Did you mean 'idleSeconds'?"],
      [{ idleSeconds: 0 }, "'idleSeconds': must be a number above 0"],
      [{ absoluteSeconds: -1 }, "'absoluteSeconds'"],
      // A timer that is longer than any goes off again and again at once.
      [{ collectEverySeconds: 2_592_000 }, "'collectEverySeconds': must be at most 2147483"],
      [{ onGone: 'report' }, "'onGone': must be one of"],
      [{ userId: 'id' }, "'userId': must be a function"],
    ]
    for (const [options, message] of bad) expect(() => toExpressStore(memory(), options), message).toThrow(message)
    expect(() => toExpressStore({} as SessionDriver)).toThrow("'driver': must be a driver")
  })

  it('is an emitter, as express-session wants its stores to be', () => {
    const store = storeOver(memory())
    const heard: unknown[] = []
    const listener = (value: unknown): void => void heard.push(value)
    store
      .on('x', listener)
      .once('x', listener)
      .prependListener('x', () => heard.push('first'))
    expect(store.emit('x', 1)).toBe(true)
    store.emit('x', 2)
    expect(heard).toEqual(['first', 1, 1, 'first', 2])
    expect([store.listenerCount('x'), store.eventNames()]).toEqual([2, ['x']])
    store.off('x', listener).removeAllListeners('x')
    expect(store.emit('x', 3)).toBe(false)
  })
})
