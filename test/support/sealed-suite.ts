import { describe, expect, it } from 'vitest'
import { failureOf, keyOf } from '../manager/support/shop.ts'
import { keyNamesOf, sealing } from './sealed-rings.ts'
import { resealTests } from './sealed-suite-reseal.ts'
import { ADDRESS, contentsOf, fillStore, openWorld, whole } from './sealed-world.ts'
import type { Store, World } from './sealed-world.ts'

/** What sealed sessions go through, on one kind of store. */
export function sealedSuite(name: string, open: () => Store | Promise<Store>): void {
  const world = (): Promise<World> => openWorld(open)
  describe(`sealed sessions on ${name}`, () => {
    keyTests(world)
    takeoverTests(world)
    resealTests(world)
  })
}

function keyTests(world: () => Promise<World>): void {
  it('nothing of data and flash lies there, and with sealMetadata no address either', async () => {
    const { deploy, store, driver } = await world()
    for (const sealMetadata of [false, true]) {
      const { sessions } = await deploy(sealing('old', { sealMetadata }))
      const [id = ''] = await fillStore(sessions, 1)
      const raw = Buffer.from(await store.raw(keyOf(id)))
      expect(raw.includes('hf1.v1.')).toBe(true)
      const token = await sessions.run(id, (session) => session.token(), { concurrency: 'readonly' })
      for (const text of ['secret', 'Brötchen', 'cart', 'status', token, id]) expect([text, raw.includes(text)]).toEqual([text, false])
      expect([sealMetadata, raw.includes(ADDRESS)]).toEqual([sealMetadata, !sealMetadata])
      const { sessions: listed } = await driver.list({ userId: 'user-0' })
      expect(JSON.stringify(listed).includes(ADDRESS)).toBe(true)
      expect(await contentsOf(sessions, [id])).toEqual(whole(1))
    }
    const { sessions: listed } = await driver.list({ userId: 'user-0' })
    expect(new Set(listed.map(({ ipAddress }) => ipAddress))).toEqual(new Set([ADDRESS, undefined]))
  })

  it.each([
    ['wrong', 'not-authentic'],
    ['foreign', 'unknown-key'],
    ['retired', 'retired-key'],
  ] as const)('a ring that is %s ends no session: with the right one back all are there, byte for byte', async (ring, detail) => {
    const { deploy, bytesOf } = await world()
    const ids = await fillStore((await deploy(sealing('old'))).sessions)
    const before = await bytesOf(ids)

    const bad = await deploy(sealing(ring))
    const strict = await deploy(sealing(ring), { onUnreadable: 'throw' })
    const strangers: string[] = []
    for (const id of ids) {
      const session = await bad.sessions.start(id)
      expect([session.isNew, session.all(), session.userId]).toEqual([true, {}, undefined])
      session.set('stranger', true)
      await session.save()
      expect(ids).not.toContain(session.id)
      strangers.push(session.id)
      expect((await bad.sessions.start(id, { concurrency: 'readonly' })).isNew).toBe(true)
      expect(await failureOf(strict.sessions.start(id))).toMatchObject({ code: 'ERR_SESSION_UNREADABLE' })
    }
    const refusal = (id: string) => expect.objectContaining({ reason: 'unreadable', detail, key: keyOf(id) })
    expect(bad.refusals).toEqual(ids.flatMap((id) => [refusal(id), refusal(id)]))
    expect(strict.refusals).toEqual(ids.map(refusal))
    expect(new Set(strangers).size).toBe(ids.length)
    expect(await bytesOf(ids)).toEqual(before)

    const good = await deploy(sealing('old'))
    expect(await contentsOf(good.sessions, ids)).toEqual(whole())
    for (const id of ids) expect(await good.sessions.run(id, (session) => session.increment('n'))).toBe(1)
    expect(good.refusals).toEqual([])
  })
}

function takeoverTests(world: () => Promise<World>): void {
  it('encryption that is switched on over plain sessions ends none, and switched off again all are there', async () => {
    const { deploy, bytesOf } = await world()
    const ids = await fillStore((await deploy()).sessions)
    const before = await bytesOf(ids)
    const sealed = await deploy(sealing('old'))
    for (const id of ids) await sealed.sessions.run(id, (session) => session.set('stranger', session.isNew))
    expect(sealed.refusals.map(({ detail }) => detail)).toEqual(ids.map(() => 'not-sealed'))
    expect(await bytesOf(ids)).toEqual(before)
    expect(await contentsOf((await deploy()).sessions, ids)).toEqual(whole())
  })

  it('encryption that is switched off over sealed sessions ends none, and switched on again all are there', async () => {
    const { deploy, bytesOf } = await world()
    const ids = await fillStore((await deploy(sealing('old'))).sessions)
    const before = await bytesOf(ids)
    const plain = await deploy()
    for (const id of ids) await plain.sessions.run(id, (session) => session.set('stranger', session.isNew))
    expect(plain.refusals.map(({ reason }) => reason)).toEqual(ids.map(() => 'unreadable'))
    expect(await bytesOf(ids)).toEqual(before)
    expect(await contentsOf((await deploy(sealing('old'))).sessions, ids)).toEqual(whole())
  })

  it('with acceptPlaintext plain sessions go on, and each is sealed by its next request that may write', async () => {
    const { deploy, recordOf } = await world()
    const ids = await fillStore((await deploy()).sessions)
    const taking = await deploy(sealing('old', { acceptPlaintext: true }))
    expect(await contentsOf(taking.sessions, ids)).toEqual(whole())
    const [first = '', ...others] = ids
    await taking.sessions.run(first, (session) => session.reflash())
    expect(keyNamesOf(await recordOf(first))).toEqual(['v1', 'v1'])
    for (const id of others) expect(keyNamesOf(await recordOf(id))).toEqual([undefined, undefined])
    expect(await contentsOf(taking.sessions, ids)).toEqual(whole())
    const strict = await deploy(sealing('old'))
    expect(await contentsOf(strict.sessions, ids)).toEqual([...whole(1), ...others.map(() => 'new')])
    expect(taking.refusals).toEqual([])
  })
}
