import { describe, expect, it } from 'vitest'
import type { Session } from '../../src/session/session.ts'
import type { SessionBag } from '../../src/session/session-bag.ts'
import { openSealedShop } from '../support/sealed-shop.ts'
import type { SealedShop } from '../support/sealed-shop.ts'
import { sealing } from '../support/sealed-rings.ts'
import { visit } from './support/shop.ts'
import type { Options } from './support/shop.ts'

const HOME = { ipAddress: '203.0.113.77', userAgent: 'Amiga/4.1' }
const WORK = { ipAddress: '2001:db8::7', userAgent: 'Atari/TOS' }

/** A bag of the application's own, which changes without telling. */
class Basket implements SessionBag {
  readonly name = 'basket'
  readonly storageKey = '_basket'
  data: Record<string, unknown> = {}

  initialize(data: Record<string, unknown>): void {
    this.data = data
  }

  clear(): Record<string, unknown> {
    return {}
  }
}

const OPTIONS: Options = { bags: () => [new Basket()] }

function basketOf(session: Session): Basket {
  const bag = session.bag('basket')
  return bag instanceof Basket ? bag : expect.unreachable()
}

/** A session that was stored from home by a process without sealed metadata, or with them. */
async function storedFromHome(shop: SealedShop, sealMetadata: boolean): Promise<string> {
  const { sessions } = shop.processWith(sealing('old', { sealMetadata }), OPTIONS)
  const open = await visit(sessions, [], HOME)
  open.session.set('cart', { items: [1] })
  basketOf(open.session).data['n'] = 1
  await open.commit()
  return open.session.id
}

async function known(shop: SealedShop, id: string): Promise<unknown> {
  const { sessions } = shop.processWith(sealing('activated'), OPTIONS)
  const { session } = await visit(sessions, id, { concurrency: 'readonly' })
  return { ipAddress: session.ipAddress, userAgent: session.userAgent }
}

/** Every way to be written. */
const changes: [string, (session: Session) => unknown][] = [
  ['a value that is set', (session) => session.set('n', 1)],
  ['a change in place', (session) => (session.get('cart') as { items: number[] }).items.push(2)],
  ['a change in a bag of the application’s own', (session) => (basketOf(session).data['n'] = 2)],
  ['a flashed value', (session) => session.flash('status', 'Hi')],
  ['a change of user', (session) => session.setUserId(7)],
  ['metadata of the application’s own', (session) => session.metadata.set('device', 'phone')],
  ['a new id', (session) => session.regenerate()],
  ['a login', (session) => session.regenerate({ destroy: true, keepToken: true })],
]

describe.each(changes)('%s', (_, change) => {
  it.each([false, true])('stores where the request came from along with it (sealMetadata: %s)', async (sealMetadata) => {
    const shop = openSealedShop()
    const id = await storedFromHome(shop, sealMetadata)
    const { sessions } = shop.processWith(sealing('old', { sealMetadata }), OPTIONS)
    const open = await visit(sessions, id, WORK)
    await change(open.session)
    await open.commit()
    expect(await known(shop, open.session.id)).toEqual(WORK)
    await shop.idle()
  })

  it.each([
    [false, true],
    [true, false],
    [true, true],
  ])('of a request that says nothing of itself forgets nothing (sealMetadata: %s before, %s now)', async (before, now) => {
    const shop = openSealedShop()
    const id = await storedFromHome(shop, before)
    const { sessions } = shop.processWith(sealing('old', { sealMetadata: now }), OPTIONS)
    const open = await visit(sessions, id)
    await change(open.session)
    await open.commit()
    expect(await known(shop, open.session.id)).toEqual(HOME)
    const record = await shop.recordOf(open.session.id)
    expect([record?.ipAddress, record?.userAgent]).toEqual(now ? [undefined, undefined] : [HOME.ipAddress, HOME.userAgent])
    await shop.idle()
  })
})

describe('a session that is sealed anew by a request that changes nothing', () => {
  it.each([
    [false, true],
    [true, false],
    [true, true],
    [false, false],
  ])('keeps where it was used from (sealMetadata: %s before, %s now)', async (before, now) => {
    const shop = openSealedShop()
    const id = await storedFromHome(shop, before)
    const { sessions } = shop.processWith(sealing('activated', { sealMetadata: now }), OPTIONS)
    await sessions.run(id, () => undefined)
    expect(shop.driver.methods.filter((method) => method === 'commit')).toHaveLength(1)
    expect(await known(shop, id)).toEqual(HOME)
    await shop.idle()
  })

  it('and is taken over from plain text keeps it as well', async () => {
    const shop = openSealedShop()
    const plain = shop.processWith(undefined, OPTIONS).sessions
    const open = await visit(plain, [], HOME)
    open.session.set('n', 1)
    await open.commit()
    const { id } = open.session
    const { sessions } = shop.processWith(sealing('activated', { acceptPlaintext: true, sealMetadata: true }), OPTIONS)
    await sessions.run(id, () => undefined)
    expect(await known(shop, id)).toEqual(HOME)
    expect(JSON.stringify(await shop.recordOf(id))).not.toContain(HOME.ipAddress)
    await shop.idle()
  })

  it('and by reseal() keeps it as well', async () => {
    const shop = openSealedShop()
    const ids = [await storedFromHome(shop, false), await storedFromHome(shop, true)]
    const { sessions } = shop.processWith(sealing('activated', { sealMetadata: true }), OPTIONS)
    expect(await sessions.reseal()).toMatchObject({ resealed: 2 })
    for (const id of ids) expect(await known(shop, id)).toEqual(HOME)
  })
})

it('a request from elsewhere that changes nothing writes nothing, with a bag of the application’s own as without', async () => {
  for (const sealMetadata of [false, true]) {
    const shop = openSealedShop()
    const id = await storedFromHome(shop, sealMetadata)
    const { sessions } = shop.processWith(sealing('old', { sealMetadata }), OPTIONS)
    shop.driver.forget()
    const open = await visit(sessions, id, WORK)
    expect(open.session.ipAddress).toBe(WORK.ipAddress)
    expect(basketOf(open.session).data['n']).toBe(1)
    await open.commit()
    expect({ sealMetadata, calls: shop.driver.methods }).toEqual({ sealMetadata, calls: ['acquire', 'unlock'] })
    expect(await known(shop, id)).toEqual(HOME)
    await shop.idle()
  }
})
