import { createHash, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { RecordWrite } from '../../../src/contracts/driver.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { GIVE_BACK, aRecord, askFor, hold, newToken, store } from '../../../src/testing/suite/records.ts'
import { codeOf, failureOf, keyOf, visit } from '../../manager/support/shop.ts'
import { SpyDriver } from '../../manager/support/spy-driver.ts'
import { everyPage } from '../../support/owners-shop.ts'
import { unopenable } from '../../support/sealed-damage.ts'
import { sealing } from '../../support/sealed-rings.ts'
import { openWorld } from '../../support/sealed-world.ts'
import type { Store, World } from '../../support/sealed-world.ts'

type Open = () => Promise<World>

/** What the requirements say of what a store keeps, on one kind of store. */
export function storedTests(name: string, open: () => Store | Promise<Store>): void {
  const world: Open = () => openWorld(open)
  describe(`security of what is stored in ${name}`, () => {
    secrecyTests(world)
    lockTests(world)
    failureTests(world)
  })
}

/** Puts a record under an id that nobody has, past every manager. */
async function planted({ driver }: World, changes: Partial<RecordWrite>, id = randomBytes(20).toString('hex')): Promise<string> {
  await store(driver, changes, keyOf(id))
  return id
}

function secrecyTests(world: Open): void {
  it('ASVS-11.4.1 the store has the SHA-256 of an id, and the id nowhere', async () => {
    const { deploy, store: raw, driver } = await world()
    const { sessions } = await deploy()
    const session = await sessions.start()
    session.set('n', 1)
    await session.save()
    const hash = createHash('sha256').update(session.id).digest('hex')
    expect(keyOf(session.id)).toBe(hash)
    expect((await driver.read(keyOf(session.id)))?.kind).toBe('record')
    const bytes = Buffer.from(await raw.raw(keyOf(session.id)))
    expect(bytes.includes('"n":1') || bytes.includes('\\"n\\":1')).toBe(true)
    expect(bytes.includes(session.id)).toBe(false)
  })

  it('ASVS-5.3.2 no user id, be it a path, a pattern or a statement, reaches more than its own sessions', async () => {
    const { deploy } = await world()
    const { sessions } = await deploy()
    const hostile = ['../../x', "x'; DELETE FROM sessions; --", '*', '%', '_', 'a:b', 'ada\\', '[a-z]*', 'ada%']
    for (const userId of ['ada', ...hostile]) await sessions.run(undefined, (session) => session.setUserId(userId))
    for (const userId of hostile) {
      const { sessions: listed } = await sessions.list({ userId })
      expect(listed.map((each) => each.userId)).toEqual([userId])
      expect(await sessions.revokeUser(userId)).toBe(1)
    }
    expect((await sessions.list({ userId: 'ada' })).sessions).toHaveLength(1)
  })

  it('ASVS-1.5.2 a text that somebody wrote into the store is data, whatever it names, or unreadable', async () => {
    const all = await world()
    const { sessions, refusals } = await all.deploy()
    const id = await planted(all, { payload: '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}},"n":1}' })
    const seen = await sessions.run(id, (session) => [session.get('n'), session.get('isAdmin'), session.get('__proto__.isAdmin')], {
      concurrency: 'readonly',
    })
    expect(seen.slice(0, 2)).toEqual([1, undefined])
    expect(Reflect.get({}, 'isAdmin')).toBeUndefined()
    for (const payload of ['[["Function",1],"process.exit(1)"]', 'null', '[]', '{"n":1', 'O:8:"stdClass":0:{}']) {
      const bad = await planted(all, { payload })
      expect(await sessions.run(bad, (session) => session.isNew, { concurrency: 'readonly' })).toBe(true)
    }
    expect(refusals.map(({ reason }) => reason)).toEqual(Array.from({ length: 5 }, () => 'unreadable'))
  })

  it('ASVS-11.2.5 whatever is wrong with a sealed text, the error is the same, nothing is read, and it stays as it is', async () => {
    const all = await world()
    const messages = new Set<string>()
    for (const { name, serializer, damage } of unopenable) {
      const id = randomBytes(20).toString('hex')
      const sealedFor = async (owner: string, field: 'payload' | 'flash'): Promise<string> =>
        (await sealing('old').prepare({ secret: 'PAYLOAD-4111' }, { key: keyOf(owner), field })) ?? ''
      const payload = damage(await sealedFor(id, 'payload'), await sealedFor('b'.repeat(40), 'payload'))
      await planted(all, { payload, flash: await sealedFor(id, 'flash') }, id)
      const strict = await all.deploy(serializer('old'), { onUnreadable: 'throw' })
      const error = await failureOf(strict.sessions.start(id))
      const shown = inspect(error, { depth: 20, showHidden: true }).split('\n    at ')[0] ?? ''
      messages.add(shown.replaceAll(keyOf(id), 'KEY'))
      expect([name, shown.includes('PAYLOAD'), shown.includes(id)]).toEqual([name, false, false])
      const lax = await all.deploy(serializer('old'))
      expect(await lax.sessions.run(id, (session) => [session.isNew, session.all()])).toEqual([true, {}])
      expect([name, (await all.recordOf(id))?.payload]).toEqual([name, payload])
    }
    expect([...messages]).toEqual([expect.stringContaining("Session record 'KEY' cannot be read")])
  })
}

function lockTests(world: Open): void {
  it('ASVS-15.4.1 requests of two processes that add to one number at once lose nothing', async () => {
    const { deploy } = await world()
    const [one, other] = [await deploy(), await deploy()]
    const session = await one.sessions.start()
    session.set('n', 0)
    await session.save()
    const add = ({ sessions }: typeof one) => sessions.run(session.id, (each) => each.increment('n'))
    await Promise.all(Array.from({ length: 20 }, (_, at) => add(at % 2 === 0 ? one : other)))
    expect(await one.sessions.run(session.id, (each) => each.get('n'), { concurrency: 'readonly' })).toBe(20)
  })

  it('ASVS-15.4.2 a write under a lock that is not held any more, or on a version that is not the last, changes nothing', async () => {
    const { driver } = await world()
    const { key, version } = await store(driver)
    const first = await hold(driver, key)
    expect((await driver.commit(first.lease, aRecord({ payload: '{"by":"first"}' }), GIVE_BACK)).kind).toBe('written')
    expect((await driver.commit(first.lease, aRecord({ payload: '{"by":"late"}' }), GIVE_BACK)).kind).not.toBe('written')
    expect((await driver.update(key, aRecord({ payload: '{"by":"stale"}' }), version)).kind).toBe('conflict')
    const second = await hold(driver, key)
    for (const wrong of [{ version }, { token: newToken() }]) {
      const result = await driver.commit({ ...second.lease, ...wrong }, aRecord({ payload: '{"by":"stranger"}' }), GIVE_BACK)
      expect(result.kind).not.toBe('written')
    }
    await driver.unlock(second.lease)
    const found = await driver.read(key)
    expect(found?.kind === 'record' && found.record.payload).toBe('{"by":"first"}')
  })

  it('ASVS-15.4.3 a wait for a lock has an end, and nobody but its holder gives it back', async () => {
    const { deploy, driver } = await world()
    const holder = await deploy()
    const session = await holder.sessions.start()
    session.set('n', 1)
    await session.save()
    const open = await visit(holder.sessions, session.id)
    for (const { sessions } of [holder, await deploy()]) {
      const impatient = new SessionManager({ driver, lock: { waitSeconds: 0 }, collectEverySeconds: 0 })
      expect(await codeOf(Promise.resolve(impatient.start(session.id)))).toBe('ERR_SESSION_LOCK_TIMEOUT')
      expect(await codeOf(sessions.start(session.id, { signal: AbortSignal.abort() }))).toBe('ERR_SESSION_ABORTED')
    }
    expect(await driver.unlock({ key: keyOf(session.id), token: newToken() })).toBe(false)
    expect(await askFor(driver, keyOf(session.id))).toBe('busy')
    open.session.set('n', 2)
    await open.commit()
    expect(await holder.sessions.run(session.id, (each) => each.get('n'))).toBe(2)
  })

  it('ASVS-15.4.4 who waits for a lock gets it in turn', async () => {
    const { deploy } = await world()
    const { sessions } = await deploy()
    const session = await sessions.start()
    session.set('order', [])
    await session.save()
    const open = await visit(sessions, session.id)
    const waiting = Array.from({ length: 6 }, (_, at) =>
      sessions.run(session.id, (each) => each.set('order', [...(each.get('order') as number[]), at])),
    )
    await open.commit()
    await Promise.all(waiting)
    expect(await sessions.run(session.id, (each) => each.get('order'), { concurrency: 'readonly' })).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('ASVS-16.2.5 what an error or an event says of a session is the hash of its id, never the id', async () => {
    const { deploy, driver } = await world()
    const { sessions } = await deploy()
    const session = await sessions.start()
    session.set('n', 1)
    await session.save()
    const open = await visit(sessions, session.id)
    const told: unknown[] = []
    const impatient = new SessionManager({ driver, lock: { waitSeconds: 0 }, collectEverySeconds: 0 })
    impatient.on('refused', (event) => void told.push(event))
    told.push(await failureOf(Promise.resolve(impatient.start(session.id))))
    await open.session.destroy()
    await open.commit()
    await impatient.run(session.id, (each) => each.isNew)
    const text = inspect(told, { depth: 20, showHidden: true })
    expect(told).toHaveLength(3)
    expect(text).toContain(keyOf(session.id))
    expect(text).not.toContain(session.id)
  })
}

function failureTests(world: Open): void {
  /** A stored session, and a process whose store can be made to fail. */
  async function shakyWorld(): Promise<{
    readonly id: string
    readonly spy: SpyDriver
    readonly sessions: SessionManager
    readonly all: World
  }> {
    const all = await world()
    const session = await (await all.deploy()).sessions.start()
    session.set('n', 1)
    await session.save()
    const spy = new SpyDriver(all.driver)
    const sessions = new SessionManager({ driver: spy, collectEverySeconds: 0 })
    onTestFinished(() => sessions.close({ waitSeconds: 0 }))
    return { id: session.id, spy, sessions, all }
  }

  it('ASVS-16.5.2 where the store cannot be asked there is no session, and where it takes no write there is no success', async () => {
    const { id, spy, sessions } = await shakyWorld()
    spy.failNext('acquire')
    spy.failNext('read')
    expect(await failureOf(Promise.resolve(visit(sessions, id)))).toMatchObject({ code: 'ERR_SESSION_DRIVER_FAILED', status: 503 })
    expect(await codeOf(Promise.resolve(visit(sessions, id, { concurrency: 'readonly' })))).toBe('ERR_SESSION_DRIVER_FAILED')
    const open = await visit(sessions, id)
    open.session.set('n', 2)
    spy.failNext('commit')
    expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_DRIVER_FAILED')
  })

  it('ASVS-16.5.3 a failure is never taken for an empty session: nothing of it is stored, and what was there stays', async () => {
    const { id, spy, sessions, all } = await shakyWorld()
    const before = await all.recordOf(id)
    spy.failNext('acquire')
    await failureOf(Promise.resolve(visit(sessions, id)))
    const anonymous = new SessionManager({ driver: spy, onStoreError: 'anonymous', collectEverySeconds: 0 })
    spy.failNext('acquire')
    const open = await visit(anonymous, id)
    expect([open.session.isNew, open.session.all()]).toEqual([true, {}])
    expect(() => open.session.set('n', 99)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_READONLY' }))
    expect(await open.commit()).toEqual({ setCookie: undefined })
    expect(await all.recordOf(id)).toEqual(before)
    expect((await everyPage(new SessionManager({ driver: all.driver, collectEverySeconds: 0 }))).flat()).toHaveLength(1)
  })

  it('ASVS-16.3.4 what fails in the store or for want of a lock is an event', async () => {
    const { id, spy, sessions, all } = await shakyWorld()
    const told: unknown[] = []
    const key = keyOf(id)
    const impatient = new SessionManager({ driver: spy, lock: { waitSeconds: 0 }, collectEverySeconds: 0 })
    for (const manager of [sessions, impatient]) manager.on('refused', (event) => void told.push(event.reason))
    spy.failNext('acquire')
    await failureOf(Promise.resolve(visit(sessions, id)))
    const held = await hold(all.driver, key)
    await failureOf(Promise.resolve(visit(impatient, id)))
    await all.driver.unlock(held.lease)
    const open = await visit(sessions, id)
    open.session.set('n', 2)
    spy.failNext('commit')
    await failureOf(Promise.resolve(open.commit()))
    expect(told).toEqual(['store-error', 'lock-timeout', 'store-error'])
  })

  it('ASVS-16.3.3 an id that nobody has, an old one and a text that does not open are events', async () => {
    const all = await world()
    const { sessions, refusals } = await all.deploy(undefined, { lifetime: { graceSeconds: 0 } })
    const session = await sessions.start()
    session.set('n', 1)
    await session.save()
    const open = await visit(sessions, session.id)
    await open.session.regenerate({ destroy: true })
    await open.commit()
    const strange = randomBytes(20).toString('hex')
    const broken = await planted(all, { payload: '{' })
    for (const id of [strange, session.id, broken]) expect(await sessions.run(id, (each) => each.isNew)).toBe(true)
    expect(refusals.map(({ reason, key }) => [reason, key])).toEqual([
      ['unknown-id', keyOf(strange)],
      ['replaced-id', keyOf(session.id)],
      ['unreadable', keyOf(broken)],
    ])
  })
}
