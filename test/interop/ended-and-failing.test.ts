import { once } from 'node:events'
import type { RequestHandler } from 'express'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { GcOptions } from '../../src/contracts/driver.ts'
import { NativeSerializer } from '../../src/index.ts'
import { fromExpressStore, toExpressStore } from '../../src/interop/index.ts'
import { theirs } from './express-session-app.ts'
import { clientOf, memory, sessionsIn, storeOver } from './store-support.ts'

describe('a session whose cookie is over', () => {
  it('ends although its data has not changed', async () => {
    const driver = memory()
    const expire: RequestHandler = (request, response) => {
      theirs(request).cookie.expires = new Date(0)
      response.send('out')
    }
    const client = clientOf(storeOver(driver), { '/expire': expire })
    await client.get('/')
    expect(await sessionsIn(driver)).toBe(1)
    await client.get('/expire')
    expect(await sessionsIn(driver)).toBe(0)
  })

  it('is not stored, in whatever form the cookie says so, and one that says nothing of use is', async () => {
    const store = storeOver(memory())
    const forms: [unknown, boolean][] = [
      [{ expires: new Date(0) }, false],
      [{ expires: new Date(0).toISOString() }, false],
      [{ expires: 1000 }, false],
      [{ originalMaxAge: 0, expires: null }, false],
      [{ originalMaxAge: -5 }, false],
      [{ originalMaxAge: null, expires: null }, true],
      [{ originalMaxAge: Infinity }, true],
      [{ expires: 'rubbish' }, true],
      [{ expires: false }, true],
      [null, true],
    ]
    for (const [index, [cookie, isStored]] of forms.entries()) {
      await store.set(`sid-${index}`, { cookie })
      expect([cookie, (await store.get(`sid-${index}`)) !== undefined]).toEqual([cookie, isStored])
    }
  })
})

describe('toExpressStore', () => {
  it('stores a session whose user of Passport can be no user’s id, as nobody’s', async () => {
    const driver = memory()
    const store = storeOver(driver)
    for (const [index, user] of ['x'.repeat(300), 'a\u0000b', '', 1.5, { id: {} }].entries()) {
      await store.set(`sid-${index}`, { cookie: {}, passport: { user } })
    }
    expect((await driver.list()).sessions.map(({ userId }) => userId)).toEqual(Array.from({ length: 5 }, () => undefined))
  })

  it('collects nothing any more when it is closed while it opens', async () => {
    const driver = memory()
    let collections = 0
    driver.gc = () => Promise.resolve(++collections)
    const store = toExpressStore(driver, { collectEverySeconds: 0.01 })
    const asked = store.get('a').catch(() => undefined)
    await store.close()
    await asked
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(collections).toBe(0)
  })
})

describe('the collections of a store', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('come one at a time, and `close` ends the one that runs before the driver', async () => {
    const driver = memory()
    const calls: string[] = []
    driver.gc = async (options?: GcOptions) => {
      calls.push('gc')
      if (options?.signal !== undefined) await once(options.signal, 'abort')
      calls.push('collected')
      return 0
    }
    driver.close = async () => void calls.push('close')
    const store = toExpressStore(driver)
    await store.get('a')
    await vi.advanceTimersByTimeAsync(900_000)
    expect(calls).toEqual(['gc'])
    await store.close()
    expect(calls).toEqual(['gc', 'collected', 'close'])
  })

  it('that fail are told by an `error` event, and the next one comes all the same', async () => {
    const driver = memory()
    driver.gc = () => {
      throw new Error('permission denied')
    }
    const store = storeOver(driver)
    const errors: unknown[] = []
    store.on('error', (error) => errors.push(error))
    await store.get('a')
    await vi.advanceTimersByTimeAsync(600_000)
    expect(errors).toMatchObject([{ message: 'permission denied' }, { message: 'permission denied' }])
  })

  it('that fail are told by the same event as keys that cannot be fetched again', async () => {
    let reports: ((operation: string, cause: unknown) => void) | undefined
    const serializer = Object.assign(new NativeSerializer(), {
      open: async (report: (operation: string, cause: unknown) => void) => void (reports = report),
    })
    const store = storeOver(memory(), { serializer })
    const errors: unknown[] = []
    store.on('error', (error) => errors.push(error))
    await store.get('a')
    reports?.('keys', new Error('no keys today'))
    expect(errors).toMatchObject([{ message: 'no keys today' }])
  })
})

describe('fromExpressStore', () => {
  it('hears of a store whose async methods fail without calling back', async () => {
    const fail = (): Promise<never> => Promise.reject(new Error('connection refused'))
    const driver = fromExpressStore({ get: fail, set: fail, destroy: fail }, { assumeSingleProcess: true })
    await expect(driver.open()).rejects.toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED', cause: { message: 'connection refused' } })
  })
})
