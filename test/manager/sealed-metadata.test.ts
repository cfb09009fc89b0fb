import { describe, expect, it } from 'vitest'
import { session as withSession } from '../../src/adapters/fetch.ts'
import type { SessionManager } from '../../src/manager/session-manager.ts'
import type { Session } from '../../src/session/session.ts'
import { testClient } from '../../src/testing/test-client.ts'
import { openSealedShop } from '../support/sealed-shop.ts'
import type { SealedShop } from '../support/sealed-shop.ts'
import { sealing, sealingByWeb } from '../support/sealed-rings.ts'
import { visit } from './support/shop.ts'

const HOME = { ipAddress: '203.0.113.77', userAgent: 'Amiga/4.1' }
const WORK = { ipAddress: '2001:db8::7', userAgent: 'Atari/TOS' }
type Where = typeof HOME

/** A request from somewhere that raises a counter. Gives the id. */
async function used(sessions: SessionManager, id: string | undefined, where: Partial<Where>): Promise<string> {
  const open = await visit(sessions, id, where)
  open.session.increment('n')
  await open.commit()
  return open.session.id
}

/** Where a request that says nothing of itself is told that the session was last used. */
async function known(sessions: SessionManager, id: string): Promise<unknown> {
  const { session } = await visit(sessions, id, { concurrency: 'readonly' })
  const { metadata } = session
  expect([metadata.ipAddress, metadata.userAgent]).toEqual([session.ipAddress, session.userAgent])
  expect([metadata.get('ip_address'), metadata.get('user_agent')]).toEqual([session.ipAddress, session.userAgent])
  return { ipAddress: session.ipAddress, userAgent: session.userAgent }
}

async function inColumns(shop: SealedShop, id: string): Promise<unknown> {
  const { sessions } = await shop.memory.list()
  const record = await shop.recordOf(id)
  const columns = [record?.ipAddress, record?.userAgent]
  expect(sessions.filter(({ handle }) => handle === record?.handle).map((one) => [one.ipAddress, one.userAgent])).toEqual([columns])
  return { ipAddress: columns[0], userAgent: columns[1] }
}

const NOWHERE = { ipAddress: undefined, userAgent: undefined }

describe.each([
  ['with the runtime’s cryptography', sealing],
  ['with web cryptography', sealingByWeb],
] as const)('address and user agent, %s', (_, serializerWith) => {
  it('are readable in the record and the list', async () => {
    const shop = openSealedShop()
    const { sessions } = shop.processWith(serializerWith('old'))
    const id = await used(sessions, undefined, HOME)
    expect(await inColumns(shop, id)).toEqual(HOME)
    expect(await known(sessions, id)).toEqual(HOME)
    await shop.idle()
  })

  it('with sealMetadata are nowhere in record and list, and every request is told them', async () => {
    const shop = openSealedShop()
    const { sessions } = shop.processWith(serializerWith('old', { sealMetadata: true }))
    const id = await used(sessions, undefined, HOME)
    expect(await inColumns(shop, id)).toEqual(NOWHERE)
    expect(JSON.stringify(shop.driver.calls)).not.toMatch(/203\.0\.113\.77|Amiga/)
    expect(await known(sessions, id)).toEqual(HOME)
    await used(sessions, id, WORK)
    expect(await inColumns(shop, id)).toEqual(NOWHERE)
    expect(await known(sessions, id)).toEqual(WORK)
    await used(sessions, id, {})
    expect(await known(sessions, id)).toEqual(WORK)
    await shop.idle()
  })

  it('survive a login, and are none of the attributes', async () => {
    const shop = openSealedShop()
    const { sessions } = shop.processWith(serializerWith('old', { sealMetadata: true }))
    const id = await used(sessions, undefined, HOME)
    const open = await visit(sessions, id)
    await open.session.regenerate({ destroy: true })
    open.session.setUserId(7)
    await open.commit()
    const next = open.session.id
    expect(await inColumns(shop, next)).toEqual(NOWHERE)
    expect(await known(sessions, next)).toEqual(HOME)
    const { session } = await visit(sessions, next, { concurrency: 'readonly' })
    expect(Object.keys(session.all()).toSorted()).toEqual(['_token', 'n'])
    expect(session.metadata.extra).toBeUndefined()
    await shop.idle()
  })

  it('stand beside metadata of the application’s own, and can be forgotten', async () => {
    const shop = openSealedShop()
    const { sessions } = shop.processWith(serializerWith('old', { sealMetadata: true }))
    const id = await used(sessions, undefined, HOME)
    await sessions.run(id, ({ metadata }) => metadata.set('device', 'phone'))
    expect(await known(sessions, id)).toEqual(HOME)
    await sessions.run(id, (session) => {
      expect(session.metadata.get('device')).toBe('phone')
      session.setRequestInfo(null, null)
    })
    expect(await known(sessions, id)).toEqual(NOWHERE)
    const { session } = await visit(sessions, id, { concurrency: 'readonly' })
    expect(session.metadata.get('device')).toBe('phone')
    await shop.idle()
  })

  it('move with the next write when sealMetadata is switched on, and back when it is switched off', async () => {
    const shop = openSealedShop()
    const off = shop.processWith(serializerWith('old')).sessions
    const on = shop.processWith(serializerWith('old', { sealMetadata: true })).sessions
    const id = await used(off, undefined, HOME)
    expect(await known(on, id)).toEqual(HOME)
    expect(await inColumns(shop, id)).toEqual(HOME)
    await used(on, id, {})
    expect(await inColumns(shop, id)).toEqual(NOWHERE)
    for (const sessions of [on, off]) expect(await known(sessions, id)).toEqual(HOME)
    await used(off, id, {})
    expect(await inColumns(shop, id)).toEqual(HOME)
    for (const sessions of [on, off]) expect(await known(sessions, id)).toEqual(HOME)
    await shop.idle()
  })

  it('are what the last request said, with processes of both kinds side by side', async () => {
    const shop = openSealedShop()
    const off = shop.processWith(serializerWith('old')).sessions
    const on = shop.processWith(serializerWith('old', { sealMetadata: true })).sessions
    let id: string | undefined
    let last: Partial<Where> = {}
    for (const [sessions, where] of [
      [on, HOME],
      [off, WORK],
      [on, HOME],
      [on, {}],
      [off, {}],
      [off, HOME],
      [on, WORK],
      [off, {}],
    ] as const) {
      id = await used(sessions, id, where)
      last = { ...last, ...where }
      for (const reader of [on, off]) expect(await known(reader, id)).toEqual(last)
      expect(await inColumns(shop, id)).toEqual(sessions === on ? NOWHERE : last)
    }
    await shop.idle()
  })

  it('of a visitor for whom nothing is kept are stored nowhere', async () => {
    for (const sealMetadata of [true, false]) {
      const shop = openSealedShop()
      const { sessions } = shop.processWith(serializerWith('old', { sealMetadata }))
      const open = await visit(sessions, [], HOME)
      expect(await open.commit()).toEqual({ setCookie: undefined })
      const started = await sessions.start()
      started.setRequestInfo(HOME.ipAddress, HOME.userAgent)
      await started.save()
      expect(shop.driver.methods).toEqual([])
      expect((await shop.memory.list()).sessions).toEqual([])
    }
  })

  it.each([
    ['', () => undefined],
    [', even where the request looked at its data', (session: Session) => session.get('cart')],
  ])('that changed are by themselves no reason to write%s', async (__, look) => {
    for (const sealMetadata of [false, true]) {
      const shop = openSealedShop()
      const { sessions } = shop.processWith(serializerWith('old', { sealMetadata }))
      const id = await used(sessions, undefined, HOME)
      await sessions.run(id, (session) => session.set('cart', { items: [1] }))
      shop.driver.forget()
      const open = await visit(sessions, id, WORK)
      look(open.session)
      await open.commit()
      expect({ sealMetadata, calls: shop.driver.methods }).toEqual({ sealMetadata, calls: ['acquire', 'unlock'] })
      await shop.idle()
    }
  })
})

it('a fetch application with sealMetadata sees the visitor’s address, and the store does not', async () => {
  const shop = openSealedShop()
  const { sessions } = shop.processWith(sealing('old', { sealMetadata: true }))
  let address: string | undefined = HOME.ipAddress
  const client = testClient(
    withSession(sessions, { clientAddress: () => address })((request, { session }) => {
      if (request.url.endsWith('/keep')) session.increment('n')
      return Response.json([session.ipAddress, session.userAgent ?? null])
    }),
  )
  await client.get('/')
  expect((await shop.memory.list()).sessions).toEqual([])
  await client.get('/keep', { headers: { 'user-agent': HOME.userAgent } })
  address = undefined
  expect(await (await client.get('/')).json()).toEqual([HOME.ipAddress, HOME.userAgent])
  expect(JSON.stringify(await shop.memory.list())).not.toMatch(/203\.0\.113\.77|Amiga/)
  await shop.idle()
})
