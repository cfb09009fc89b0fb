import { randomBytes } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import { makeGuardedFolder, removeGuardedFolder } from '../../proof/faults/guard.ts'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { EncryptedSerializer } from '../../src/serializers/encrypted.ts'
import { connectSid } from '../../src/move-in/index.ts'
import { describeNeeding } from '../support/needs.ts'
import type { Store } from '../support/sealed-world.ts'
import { mariaDbStores } from '../support/stores/mariadb.ts'
import { postgresStores } from '../support/stores/postgres.ts'
import { redisStores } from '../support/stores/redis.ts'
import { sqliteStore } from '../support/stores/sqlite.ts'
import { OldStore, SECRET, World, ours } from './world.ts'

const ADA = { passport: { user: 'ada' }, cart: ['book'] }
type Connect = Store['connect']

/** What two processes do that share an old and a new store. */
function sharedBy(open: () => Promise<Connect>): void {
  const twoOf = async (): Promise<{ worlds: [World, World]; old: OldStore }> => {
    const connect = await open()
    const old = new OldStore()
    const sources = [connectSid({ store: old, secrets: SECRET })]
    const worlds: [World, World] = [new World({ sources, driver: await connect() }), new World({ sources, driver: await connect() })]
    onTestFinished(async () => {
      for (const world of worlds) await world.sessions.close()
    })
    return { worlds, old }
  }

  it('requests of both with the same old cookie get one session, and no update is lost', async () => {
    const { worlds, old } = await twoOf()
    const cookie = old.put('sid-1', ADA)
    const both = [...worlds, ...worlds, ...worlds, ...worlds]
    const all = await Promise.all(both.map((world) => world.visit(cookie, (session) => session.increment('visits'))))
    expect(new Set(all.map(({ id }) => id)).size).toBe(1)
    expect((await worlds[0].visit(ours(all[0] ?? { cookies: [] }))).data).toEqual({ ...ADA, visits: 8 })
    const { sessions } = await worlds[1].sessions.list()
    expect(sessions.map(({ userId }) => userId)).toEqual(['ada'])
  })

  it('what has ended in one opens nothing in the other', async () => {
    const { worlds, old } = await twoOf()
    const cookies = ['sid-1', 'sid-2', 'sid-3'].map((sid) => old.put(sid, ADA))
    await worlds[0].visit(cookies[0] ?? '', (session) => session.destroy())
    await worlds[0].visit(cookies[1] ?? '')
    await worlds[0].sessions.revokeUser('ada')
    for (const sid of ['sid-1', 'sid-2', 'sid-3']) old.put(sid, ADA)
    for (const cookie of cookies) expect((await worlds[1].visit(cookie)).userId).toBe(undefined)
    expect((await worlds[1].sessions.list()).sessions).toEqual([])
  })
}

/** Stores that a test removes when it is over, and drivers on them. */
async function onStore(store: Store): Promise<Connect> {
  onTestFinished(async () => store.remove())
  return store.connect
}

describe('two processes on files', () => {
  sharedBy(async () => {
    const path = makeGuardedFolder('move-in-files')
    onTestFinished(() => removeGuardedFolder(path))
    return () => new FileDriver({ path })
  })
})

describe('two processes on SQLite', () => {
  sharedBy(async () => onStore(await sqliteStore()))
})

describeNeeding('redis-server', 'two processes on Redis', () => {
  const stores = redisStores()
  sharedBy(async () => onStore(stores()))
})

describeNeeding('postgres-server', 'two processes on PostgreSQL', () => {
  const stores = postgresStores()
  sharedBy(async () => onStore(await stores()))
})

describeNeeding('mariadb-server', 'two processes on MariaDB', () => {
  const stores = mariaDbStores()
  sharedBy(async () => onStore(await stores()))
})

describe('sealed sessions', () => {
  it('move in sealed', async () => {
    const driver = new MemoryDriver()
    const serializer = new EncryptedSerializer({ keys: { v1: randomBytes(32).toString('base64') } })
    await using world = new World({ driver, manager: { serializer } })
    const first = await world.visit(world.store.put('sid-1', ADA))
    expect((await world.visit(ours(first))).data).toEqual(ADA)
    const { sessions } = await driver.list()
    const found = await driver.read(sessions[0]?.key ?? ('' as never))
    expect(JSON.stringify(found)).not.toContain('book')
  })
})
