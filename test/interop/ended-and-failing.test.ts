import type { RequestHandler } from 'express'
import { describe, expect, it } from 'vitest'
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

describe('fromExpressStore', () => {
  it('hears of a store whose async methods fail without calling back', async () => {
    const fail = (): Promise<never> => Promise.reject(new Error('connection refused'))
    const driver = fromExpressStore({ get: fail, set: fail, destroy: fail }, { assumeSingleProcess: true })
    await expect(driver.open()).rejects.toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED', cause: { message: 'connection refused' } })
  })
})
