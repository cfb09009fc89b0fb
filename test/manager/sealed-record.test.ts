import { describe, expect, it } from 'vitest'
import { session as withSession } from '../../src/adapters/fetch.ts'
import { testClient } from '../../src/testing/test-client.ts'
import { openSealedShop } from '../support/sealed-shop.ts'
import { keyNamesOf, sealing, sealingByWeb } from '../support/sealed-rings.ts'
import { keyOf } from './support/shop.ts'

const ADDRESS = '203.0.113.77'
const AGENT = 'Mozilla/5.0 (Amiga; AmigaOS 4.1)'
const SECRETS = ['cart-of-ada', 'flash-for-ada', 'Ünïcödé 🗝️', 'nested-secret']

const engines = [
  ['with the runtime’s cryptography', sealing],
  ['with web cryptography', sealingByWeb],
] as const

describe.each(engines)('what the store has of a sealed session, %s', (_, serializerWith) => {
  it('holds nothing of data, flash and token, and says who, when and where', async () => {
    const shop = openSealedShop()
    const { sessions } = shop.processWith(serializerWith('old'))
    let token = ''
    const session = await sessions.start()
    session.set('cart', { name: SECRETS[0], deep: [new Map([[SECRETS[3], 1]])] })
    session.set('name', SECRETS[2])
    session.flash('status', SECRETS[1])
    session.setUserId('ada')
    session.setRequestInfo(ADDRESS, AGENT)
    token = session.token()
    await session.save()

    const record = await shop.recordOf(session.id)
    const bytes = [record?.payload, record?.flash].map((text) => Buffer.from(text?.slice(7) ?? '', 'base64url'))
    for (const secret of [...SECRETS, token, session.id]) {
      expect(JSON.stringify(record)).not.toContain(secret)
      for (const some of bytes) expect(some.includes(secret)).toBe(false)
    }
    const now = shop.clock.now()
    expect(record).toMatchObject({ userId: 'ada', ipAddress: ADDRESS, userAgent: AGENT, createdAt: now, lastActivity: now })
    expect(record?.expiresAt).toBe(now + 7_200_000)
    expect(keyNamesOf(record)).toEqual(['v1', 'v1'])
    await shop.idle()
  })

  it('is given back whole to the next request', async () => {
    const shop = openSealedShop()
    const { sessions, stored } = shop.processWith(serializerWith('old'))
    const cart = { name: SECRETS[0], at: new Date(5), some: new Set([1n]), text: '\uFEFFÜ\0🗝️' }
    const id = await stored((session) => {
      session.set('cart', cart)
      session.flash('status', SECRETS[1])
    })
    const session = await sessions.start(id)
    expect([session.get('cart'), session.getFlash('status')]).toEqual([cart, SECRETS[1]])
    await session.release()
    await shop.idle()
  })

  it('of a session without flash data is sealed as well', async () => {
    const shop = openSealedShop()
    const id = await shop.processWith(serializerWith('old')).stored()
    const record = await shop.recordOf(id)
    expect(keyNamesOf(record)).toEqual(['v1', 'v1'])
    expect(record?.flash).not.toContain('{}')
  })

  it('differs for each session that holds the same', async () => {
    const shop = openSealedShop()
    const { stored } = shop.processWith(serializerWith('old'))
    const texts: (string | undefined)[] = []
    for (let each = 0; each < 5; each++) {
      const record = await shop.recordOf(await stored())
      texts.push(record?.payload, record?.flash)
    }
    expect(new Set(texts).size).toBe(10)
  })

  it('does not open where it was copied to: another session, or the other field', async () => {
    const shop = openSealedShop()
    const { sessions, stored, events } = shop.processWith(serializerWith('old'))
    const [rich, poor] = [await stored((session) => session.set('role', 'admin')), await stored((session) => session.set('role', 'guest'))]
    const [from, to] = [await shop.recordOf(rich), await shop.recordOf(poor)]
    if (from === undefined || to === undefined) return expect.unreachable()
    const moves = [
      { payload: from.payload, flash: to.flash },
      { payload: to.payload, flash: from.flash },
      { payload: to.flash, flash: to.flash },
      { payload: to.payload, flash: to.payload },
    ]
    let { version } = to
    for (const texts of moves) {
      const written = await shop.memory.rewrite(keyOf(poor), { ...texts, writeToken: 'w'.repeat(32) }, version)
      if (written.kind !== 'written') return expect.unreachable()
      version = written.version
      events.length = 0
      expect((await sessions.start(poor)).isNew).toBe(true)
      expect(events).toEqual([expect.objectContaining({ kind: 'refused', reason: 'unreadable', detail: 'not-authentic' })])
    }
    const back = { payload: to.payload, flash: to.flash, writeToken: 'w'.repeat(32) }
    expect(await shop.memory.rewrite(keyOf(poor), back, version)).toMatchObject({ kind: 'written' })
    const session = await sessions.start(poor)
    expect(session.get('role')).toBe('guest')
    await session.release()
    await shop.idle()
  })
})

it('a visitor of a fetch application notices nothing of it', async () => {
  const shop = openSealedShop()
  const { sessions } = shop.processWith(sealing('old'))
  const client = testClient(
    withSession(sessions)(async (request, { session }) => {
      if (request.url.endsWith('/login')) {
        await session.regenerate({ destroy: true })
        session.setUserId('ada')
        session.flash('status', 'Welcome')
      }
      if (request.url.endsWith('/logout')) await session.destroy()
      const count = session.isStarted ? session.increment('count') : 0
      return Response.json([count, session.isStarted ? session.userId : null, session.isStarted ? session.getFlash('status') : null])
    }),
  )
  const answers: unknown[] = []
  for (const path of ['/', '/', '/login', '/', '/', '/logout', '/']) answers.push(await (await client.get(path)).json())
  expect(answers).toEqual([
    [1, null, null],
    [2, null, null],
    [3, 'ada', 'Welcome'],
    [4, 'ada', 'Welcome'],
    [5, 'ada', null],
    [0, null, null],
    [1, null, null],
  ])
  const written = shop.driver.calls.flatMap(({ args }) => args).filter(isTexts)
  expect(written).toHaveLength(6)
  for (const texts of written) expect(keyNamesOf(texts)).toEqual(['v1', 'v1'])
  await shop.idle()
})

function isTexts(value: unknown): value is { payload: string; flash: string } {
  return typeof value === 'object' && value !== null && 'payload' in value && 'flash' in value
}
