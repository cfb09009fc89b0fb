import { getIronSession as getIronSession9, sealData as seal9, unsealData as unseal9 } from 'iron-session'
import { getIronSession as getIronSession8, sealData as seal8, unsealData as unseal8 } from 'iron-session-8'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ironSession } from '../../src/move-in/index.ts'
import type { IronSessionOptions } from '../../src/move-in/index.ts'
import { NEXT_WEEK, World, ours } from './world.ts'

const PASSWORD = 'a password of thirty-two characters, or more'
const COOKIE_NAME = 'shop'
interface Ada {
  user?: string
  cart?: string[]
}
const ADA: Ada = { user: 'ada', cart: ['book'] }
type Userly = Pick<IronSessionOptions, 'userId'>
const OWNER: Userly = { userId: ({ user }) => (typeof user === 'string' ? user : undefined) }

/** What both versions have. */
interface Version {
  readonly name: string
  readonly unseal: IronSessionOptions['unseal']
  readonly seal: (data: unknown, options: { password: string | Record<string, string>; ttl?: number }) => Promise<string>
  /** What the old application does in one request: it changes its session, and gives what the browser has then. */
  readonly request: (cookie: string, change: (session: Ada) => 'save' | 'destroy' | 'look') => Promise<{ seen: Ada; cookie: string }>
}

type GetSession = (
  request: Request,
  response: Response,
  options: { password: string; cookieName: string },
) => Promise<Ada & { save(): Promise<void>; destroy(): void }>

function version(name: string, unseal: Version['unseal'], seal: Version['seal'], getSession: GetSession): Version {
  return {
    name,
    unseal,
    seal,
    request: async (cookie, change) => {
      const response = new Response()
      const request = new Request('https://shop.example/', { headers: { cookie } })
      const session = await getSession(request, response, { password: PASSWORD, cookieName: COOKIE_NAME })
      const seen = { ...session }
      const done = change(session)
      if (done === 'save') await session.save()
      if (done === 'destroy') session.destroy()
      const line = response.headers.getSetCookie().at(-1)
      if (line === undefined) return { seen, cookie }
      return { seen, cookie: /max-age=0/i.test(line) ? '' : (line.split(';', 1)[0] ?? '') }
    },
  }
}

const VERSIONS: readonly Version[] = [
  version('iron-session 9', unseal9, seal9, getIronSession9),
  version('iron-session 8', unseal8, seal8, getIronSession8),
]

describe.each(VERSIONS)('from $name', (old) => {
  const { unseal, request } = old
  const world = (options: Partial<IronSessionOptions> = {}, keepOldUntil?: Date): World =>
    new World({
      sources: [ironSession({ cookieName: COOKIE_NAME, password: PASSWORD, unseal, ...OWNER, ...options })],
      ...(keepOldUntil && { keepOldUntil }),
    })
  const login = async (): Promise<string> => (await request('', (session) => (Object.assign(session, ADA), 'save'))).cookie

  it('a visitor has the data and the user, our cookie, and no other', async () => {
    await using here = world()
    const cookie = await login()
    const first = await here.visit(cookie)
    expect(first).toMatchObject({ userId: 'ada', data: ADA, isNew: false })
    expect(first.cookies[1]).toMatch(/^shop=; Max-Age=0; Path=\//)
    expect(await here.visit(ours(first))).toMatchObject({ userId: 'ada', data: ADA })
  })

  it('a visitor comes with a seal of any of the passwords', async () => {
    const password = { 1: PASSWORD, 2: `${PASSWORD} of today` }
    await using here = world({ password })
    expect((await here.visit(await login())).userId).toBe('ada')
    expect((await here.visit(`shop=${await old.seal(ADA, { password })}`)).userId).toBe('ada')
  })

  it('there is one session, whatever comes at the same time', async () => {
    await using here = world()
    const cookie = await login()
    const all = await Promise.all(Array.from({ length: 10 }, () => here.visit(cookie, (session) => session.increment('n'))))
    expect(new Set(all.map(({ id }) => id)).size).toBe(1)
    expect((await here.visit(ours(all[0] ?? { cookies: [] }))).data).toEqual({ ...ADA, n: 10 })
  })

  it('nobody moves in with a text that is no seal, one of another password, one that has expired, or an empty one', async () => {
    await using here = world()
    const good = (await login()).slice('shop='.length)
    const another = await old.seal(ADA, { password: `${PASSWORD}!` })
    const expired = await old.seal(ADA, { password: PASSWORD, ttl: -120 })
    const empty = await old.seal({}, { password: PASSWORD })
    const parts = good.split('*')
    const changed = parts.map((part, index) => (index === 4 ? part.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')) : part)).join('*')
    const longer = [...parts.slice(0, 5), '9999999999999', ...parts.slice(6)].join('*')
    for (const text of [
      '',
      'Fe26.2*',
      'Fe26.2*1*2*3*4*5*6*7',
      another,
      expired,
      empty,
      changed,
      longer,
      good.slice(1),
      'Fe26.2*'.padEnd(100_000, 'x'),
    ]) {
      const seen = await here.visit(`shop=${text}`)
      expect({ text, ...seen }).toMatchObject({ userId: undefined, isNew: true, cookies: [] })
    }
    expect((await here.visit(`shop=${good}`)).userId).toBe('ada')
  })

  it('after a logout a seal opens nothing, up to the last second in which iron-session would take it', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    await using here = world({ ttl: 100 })
    const cookie = `shop=${await old.seal(ADA, { password: PASSWORD, ttl: 100 })}`
    await here.visit(cookie, (session) => session.destroy())
    const seconds: number[] = []
    for (let passed = 1; passed < 200; passed++) {
      vi.setSystemTime(Date.now() + 1000)
      if (Object.keys(Object(await unseal(cookie.slice('shop='.length), { password: PASSWORD, ttl: 100 }))).length > 0) seconds.push(passed)
      expect((await here.visit(cookie)).userId, `after ${passed} seconds`).toBeUndefined()
    }
    expect(seconds.at(-1)).toBeGreaterThan(150)
  })

  it('after a logout a seal that never expires opens nothing either, as long as a browser keeps it', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    await using here = world({ ttl: 0 })
    const cookie = `shop=${await old.seal(ADA, { password: PASSWORD, ttl: 0 })}`
    vi.setSystemTime(Date.now() + 300 * 86_400_000)
    const first = await here.visit(cookie)
    expect(first).toMatchObject({ userId: 'ada', data: ADA })
    await here.visit(`${cookie}; ${ours(first)}`, (session) => session.destroy())
    vi.setSystemTime(Date.now() + 399 * 86_400_000)
    expect(await here.visit(cookie)).toMatchObject({ userId: undefined, data: {}, isNew: true })
  })

  it('after a logout no other text of the same seal opens anything', async () => {
    await using here = world()
    const cookie = await login()
    const seal = cookie.slice('shop='.length)
    const { cookies } = await here.visit(cookie, (session) => session.destroy())
    expect(cookies).toContainEqual(expect.stringMatching(/^shop=; Max-Age=0/))
    const [body = '', mark] = seal.split('~')
    const last = body.at(-1) ?? ''
    const next = String.fromCharCode(last.charCodeAt(0) + 1)
    const texts = [
      seal,
      body,
      `${body}~3`,
      `${body}~02`,
      `${body}~2~`,
      `${body}=~${mark}`,
      `${body.slice(0, -1)}${next}~${mark}`,
      encodeURIComponent(seal),
    ]
    for (const text of texts) expect({ text, user: (await here.visit(`shop=${text}`)).userId }).toEqual({ text, user: undefined })
  })

  it('a visitor comes with a seal in four cookies, and with a whole one that longer ones have left a cookie behind', async () => {
    await using here = world()
    const seal = (await login()).slice('shop='.length)
    const quarter = Math.ceil(seal.length / 4)
    const four = [0, 1, 2, 3].map((index) => `shop.${index}=${seal.slice(index * quarter, (index + 1) * quarter)}`)
    expect((await here.visit(four.join('; '))).userId).toBe('ada')
    expect((await here.visit(`shop.0=${seal}; shop.2=left`)).userId).toBe('ada')
  })

  it('after a logout a seal opens nothing either that `data` could make nothing of at the time', async () => {
    let isKnown = false
    const data = (kept: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
      if (!isKnown) throw new Error('of no use')
      return kept
    }
    await using here = world({ data })
    const cookie = await login()
    const grace = await here.visit('', (session) => session.setUserId('grace'))
    await here.visit(`${ours(grace)}; ${cookie}`, (session) => session.destroy())
    isKnown = true
    expect((await here.visit(cookie)).userId).toBe(undefined)
  })

  it('a text that is longer than any seal is not opened', async () => {
    const opening = vi.fn<IronSessionOptions['unseal']>(async () => ADA)
    await using here = world({ unseal: opening })
    await here.visit(`shop=${'Fe26.2*'.padEnd(4 * 4096 + 1, '*')}`)
    expect(opening).not.toHaveBeenCalled()
  })

  it('who logs out on either side, while there is a way back, is logged out on both', async () => {
    await using here = world({}, NEXT_WEEK)
    const cookie = await login()
    const first = await here.visit(cookie)
    expect(first.cookies).toHaveLength(1)
    expect((await request(cookie, () => 'look')).seen).toEqual(ADA)
    const there = await request(cookie, () => 'destroy')
    expect((await here.visit(`${ours(first)}; ${there.cookie}`)).userId).toBe(undefined)
    expect((await here.visit(`${ours(first)}; ${cookie}`)).userId).toBe(undefined)

    const again = await login()
    const second = await here.visit(again)
    const { cookies } = await here.visit(`${ours(second)}; ${again}`, (session) => session.destroy())
    expect(cookies).toContainEqual(expect.stringMatching(/^shop=; Max-Age=0/))
  })

  it('what the old application changed after a roll-back is found here', async () => {
    await using here = world({}, NEXT_WEEK)
    const first = await here.visit(await login())
    const there = await request(await login(), (session) => ((session.cart = ['book', 'pen']), 'save'))
    const second = await here.visit(`${ours(first)}; ${there.cookie}`)
    expect(second).toMatchObject({ userId: 'ada', data: { user: 'ada', cart: ['book', 'pen'] } })
    expect((await here.visit(ours(first))).userId).toBe(undefined)
    expect((await here.visit(`${ours(second)}; ${there.cookie}`)).data).toEqual({ user: 'ada', cart: ['book', 'pen'] })
  })

  it('a seal that stands in several cookies is found, and each of them is cleared', async () => {
    await using here = world()
    const data = { ...ADA, note: 'x'.repeat(5000) }
    const text = await old.seal(data, { password: PASSWORD })
    const cookie = `shop.0=${text.slice(0, 3800)}; shop.1=${text.slice(3800)}`
    const first = await here.visit(cookie)
    expect(first.data).toEqual(data)
    expect(first.cookies.slice(1).map((line) => line.split('=', 1)[0])).toEqual(['shop.0', 'shop.1'])
  })
})
