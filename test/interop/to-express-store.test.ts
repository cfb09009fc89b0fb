import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RequestHandler } from 'express'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { DatabaseDriver } from '../../src/drivers/database/database-driver.ts'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { EncryptedSerializer } from '../../src/serializers/encrypted.ts'
import { gate, theirs } from './express-session-app.ts'
import { clientOf, memory, sessionsIn, storeOver, text } from './store-support.ts'

describe('an application on express-session with a driver of ours', () => {
  it('keeps its sessions in memory, in files and in SQL', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-interop-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseDriver({ client: new DatabaseSync(':memory:') })
    await database.migrate()
    for (const driver of [memory(), new FileDriver({ path: folder }), database]) {
      const client = clientOf(storeOver(driver))
      expect([await text(client.get('/')), await text(client.get('/')), await text(client.get('/read'))], driver.name).toEqual([
        '1',
        '2',
        '2',
      ])
    }
  })

  it('shows no id of a session to the store', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-interop-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const client = clientOf(storeOver(new FileDriver({ path: folder })))
    const id =
      decodeURIComponent((await client.get('/')).headers.get('set-cookie') ?? '')
        .slice('connect.sid=s:'.length)
        .split('.')[0] ?? ''
    expect(id).toHaveLength(32)
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const contents = files.map((entry) => entry.name + readFileSync(join(entry.parentPath, entry.name), 'latin1')).join('')
    expect(contents).toContain('"visits":1')
    expect(contents).not.toContain(id)
  })

  it('logs out at once', async () => {
    const driver = memory()
    const client = clientOf(storeOver(driver))
    await client.get('/')
    expect(await text(client.get('/logout'))).toBe('out')
    expect(await text(client.get('/read'))).toBe('0')
    expect(await sessionsIn(driver)).toBe(0)
  })

  it('does not bring a session back by a request that still ran when it was ended', async () => {
    const driver = memory()
    const { whenOpen: whenReading, open: reading } = gate()
    const { whenOpen: whenOut, open: out } = gate()
    const gone: string[] = []
    const store = storeOver(driver)
    store.on('gone', () => gone.push('gone'))
    const client = clientOf(store, {
      '/slow': async (request, response) => {
        theirs(request).visits = 100
        reading()
        await whenOut
        response.send('late')
      },
    })
    await client.get('/')
    const late = text(client.get('/slow'))
    await whenReading
    await client.get('/logout')
    out()
    expect(await late).toBe('late')
    expect(await text(client.get('/read'))).toBe('0')
    expect([await sessionsIn(driver), gone]).toEqual([0, ['gone']])
  })

  it('does not bring a session back however long the request ran', async () => {
    const driver = memory()
    const { whenOpen: whenReading, open: reading } = gate()
    const { whenOpen: whenOut, open: out } = gate()
    const client = clientOf(storeOver(driver), {
      '/slow': async (request, response) => {
        theirs(request).visits = 100
        reading()
        await whenOut
        response.send('late')
      },
    })
    await client.get('/')
    const late = client.get('/slow')
    await whenReading
    await client.get('/logout')
    const now = performance.now.bind(performance)
    vi.spyOn(performance, 'now').mockImplementation(() => now() + 24 * 3_600_000)
    out()
    await late
    expect(await sessionsIn(driver)).toBe(0)
  })

  it('does not bring a session back that is ended between two tries to store it', async () => {
    const driver = memory()
    const client = clientOf(storeOver(driver))
    await client.get('/')
    driver.update = async (key) => {
      await driver.destroy(key)
      return { kind: 'conflict' }
    }
    await client.get('/')
    expect(await sessionsIn(driver)).toBe(0)
  })

  it('waits for whoever holds the session', async () => {
    const driver = memory()
    const client = clientOf(storeOver(driver))
    await client.get('/')
    const key = (await driver.list()).sessions[0]?.key
    if (key === undefined) throw new Error('no session')
    const token = 'f'.repeat(32)
    await driver.acquire(key, { token, leaseMs: 60_000 })
    const written = text(client.get('/'))
    setTimeout(() => void driver.unlock({ key, token }), 50)
    expect(await written).toBe('2')
    expect(await text(client.get('/read'))).toBe('2')
  })

  it('tells the late request where onGone says so', async () => {
    const { whenOpen: whenReading, open: reading } = gate()
    const { whenOpen: whenOut, open: out } = gate()
    const client = clientOf(storeOver(memory(), { onGone: 'throw' }), {
      '/slow': async (request, response) => {
        reading()
        await whenOut
        theirs(request).visits = 100
        theirs(request).save((error) => response.send(Reflect.get(Object(error), 'code')))
      },
    })
    await client.get('/')
    const late = text(client.get('/slow'))
    await whenReading
    await client.get('/logout')
    out()
    expect(await late).toBe('ERR_SESSION_GONE')
  })

  it('does not bring a session back that was ended through another process', async () => {
    const driver = memory()
    const { whenOpen: whenReading, open: reading } = gate()
    const { whenOpen: whenOut, open: out } = gate()
    const slow: RequestHandler = async (request, response) => {
      theirs(request).visits = 100
      reading()
      await whenOut
      response.send('late')
    }
    const here = clientOf(storeOver(driver), { '/slow': slow })
    const there = clientOf(storeOver(driver))
    const cookie = (await here.get('/')).headers.get('set-cookie')?.split(';')[0] ?? ''
    const late = here.get('/slow')
    await whenReading
    await there.get('/logout', { headers: { cookie } })
    out()
    await late
    expect(await sessionsIn(driver)).toBe(0)
  })

  it('gives a session a new id and ends the old one', async () => {
    const driver = memory()
    const client = clientOf(storeOver(driver), {
      '/login': (request, response) =>
        theirs(request).regenerate(() => {
          theirs(request).visits = 41
          response.send('in')
        }),
    })
    const before = (await client.get('/')).headers.get('set-cookie')?.split(';')[0] ?? ''
    await client.get('/login')
    expect(await text(client.get('/'))).toBe('42')
    expect(await text(client.get('/read', { headers: { cookie: before } }))).toBe('0')
    expect(await sessionsIn(driver)).toBe(1)
  })

  it('shows a session as it was stored by another request when it is read again', async () => {
    const { whenOpen: whenReading, open: reading } = gate()
    const { whenOpen: whenWritten, open: written } = gate()
    const client = clientOf(storeOver(memory()), {
      '/reload': async (request, response) => {
        reading()
        await whenWritten
        theirs(request).reload(() => response.send(String(theirs(request).visits)))
      },
    })
    await client.get('/')
    const reloaded = text(client.get('/reload'))
    await whenReading
    await client.get('/')
    written()
    expect(await reloaded).toBe('2')
  })

  it('stores the cookie of a session with what is left of its time, and renews it by use', async () => {
    const driver = memory()
    const client = clientOf(
      storeOver(driver),
      {
        '/cookie': (request, response) =>
          void response.json({ isDate: theirs(request).cookie.expires instanceof Date, original: theirs(request).cookie.originalMaxAge }),
      },
      { cookie: { maxAge: 60_000 } },
    )
    await client.get('/')
    const endOf = async (): Promise<number> => (await driver.list()).sessions[0]?.expiresAt ?? 0
    const first = await endOf()
    expect(first - Date.now()).toBeGreaterThan(50_000)
    expect(first - Date.now()).toBeLessThanOrEqual(60_000)
    expect(await (await client.get('/cookie')).json()).toEqual({ isDate: true, original: 60_000 })
    await new Promise((resolve) => setTimeout(resolve, 20))
    await client.get('/read')
    expect(await endOf()).toBeGreaterThan(first)
  })

  it('forgets a session whose time is over', async () => {
    const client = clientOf(storeOver(memory()), {}, { cookie: { maxAge: 60 } })
    await client.get('/')
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect(await text(client.get('/read'))).toBe('0')
  })

  it('lets the last of two parallel requests win, as every store of theirs does', async () => {
    const { whenOpen, open } = gate()
    const client = clientOf(storeOver(memory()), {
      '/slow': async (request, response) => {
        theirs(request).visits = 10
        await whenOpen
        response.send('slow')
      },
    })
    await client.get('/')
    const slow = client.get('/slow')
    await client.get('/')
    open()
    await slow
    expect(await text(client.get('/read'))).toBe('10')
  })

  it('finds and ends the sessions of a user of Passport', async () => {
    const driver = memory()
    const client = clientOf(storeOver(driver), {
      '/login': (request, response) => {
        theirs(request).passport = { user: { id: 7, name: 'Ada' } }
        theirs(request).visits = 1
        response.send('in')
      },
    })
    await client.get('/login')
    expect((await driver.list({ userId: '7' })).sessions).toHaveLength(1)
    expect(await driver.revokeUser('7')).toBe(1)
    expect(await text(client.get('/read'))).toBe('0')
  })

  it('seals what it stores with a serializer of ours', async () => {
    const driver = memory()
    const serializer = new EncryptedSerializer({ keys: { v1: randomBytes(32).toString('base64') } })
    const client = clientOf(storeOver(driver, { serializer }))
    await client.get('/')
    expect(await text(client.get('/'))).toBe('2')
    const [session] = (await driver.list()).sessions
    const found = session && (await driver.read(session.key))
    expect(found?.kind === 'record' && found.record.payload).not.toContain('visits')
  })

  it('counts, shows and clears its sessions', async () => {
    const driver = memory()
    const store = storeOver(driver)
    await clientOf(store).get('/')
    await clientOf(store).get('/')
    const asked = <Answer>(method: (done: (error: unknown, answer?: Answer) => void) => void): Promise<Answer | undefined> =>
      new Promise((resolve, reject) => {
        method((error, answer) => (error === null ? resolve(answer) : reject(error)))
      })
    expect(await asked<number>((done) => store.length?.(done))).toBe(2)
    expect(await asked<{ visits: number }[]>((done) => store.all?.(done))).toMatchObject([{ visits: 1 }, { visits: 1 }])
    await store.clear?.()
    expect(await sessionsIn(driver)).toBe(0)
  })
})
