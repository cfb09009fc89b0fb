import { describe, expect, it } from 'vitest'
import { aRecord, newKey } from '../../src/testing/suite/records.ts'
import { codeOf, idIn, visit } from '../manager/support/shop.ts'
import { moveRaces } from './owners-moves.ts'
import { loginRaces } from './owners-races.ts'
import { everyPage, handlesIn, handlesOf, loggedIn, moved } from './owners-shop.ts'
import type { Known } from './owners-shop.ts'
import { openOwnersWorld } from './owners-world.ts'
import type { OwnersProcess, OwnersStore, OwnersWorld } from './owners-world.ts'
import { sealing } from './sealed-rings.ts'
import { limitRaces } from './user-limit-races.ts'
import { movingLimitRaces } from './user-limit-moves.ts'

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
const WAYS = [{}, { destroy: true }] as const

export interface OwnersSuiteOptions {
  /** How often it is tried to escape by a new id: more often where the store is fast. Default: 40. */
  readonly moves?: number
  /** Whether the store takes up what it is asked in the order of the calls. A pool of connections does not: a login that waits for one comes later. Default: true. */
  readonly takesUpInOrder?: boolean
  /** Does something once, when a login of the driver has looked whether its user was revoked, and before it writes. Left out: there is no such moment. */
  readonly betweenLookAndWrite?: (step: 'insert' | 'commit', hook: () => Promise<void>) => void
}

/** Whose sessions they are, and what may become of them, on one kind of store. */
export function ownersSuite(name: string, open: () => OwnersStore | Promise<OwnersStore>, options: OwnersSuiteOptions = {}): void {
  const { moves = 40 } = options
  const world = (): Promise<OwnersWorld> => openOwnersWorld(open)
  describe(`sessions and their users on ${name}`, () => {
    listTests(world)
    handleTests(world, moves)
    userTests(world, options)
    limitTests(world, moves)
  })
}

async function several({ sessions }: OwnersProcess, count: number, userId?: string | number): Promise<Known[]> {
  return await Promise.all(Array.from({ length: count }, () => loggedIn(sessions, userId)))
}

function listTests(world: () => Promise<OwnersWorld>): void {
  it('ASVS-7.5.2: a list shows a user the own sessions, each once, page by page, and nothing that opens one', async () => {
    const { deploy } = await world()
    const [one, other] = [await deploy(), await deploy()]
    const seen = { ipAddress: '203.0.113.7', userAgent: FIREFOX }
    const current = await loggedIn(one.sessions, 7, seen)
    const known = [current, ...(await several(one, 24, '7'))]
    await several(one, 5, '70')
    await several(one, 5)
    const { session } = await visit(one.sessions, current.id, { concurrency: 'readonly' })
    for (const limit of [10, 100]) {
      const pages = await everyPage(other.sessions, { userId: 7, current: session, limit })
      for (const page of pages) expect(page.length).toBeLessThanOrEqual(limit)
      const listed = pages.flat()
      expect(listed.map(({ handle }) => handle).toSorted()).toEqual(handlesIn(known))
      expect(new Set(listed.map(({ userId }) => userId))).toEqual(new Set(['7']))
      const [mine, ...more] = listed.filter(({ isCurrent }) => isCurrent)
      expect(more).toEqual([])
      expect(mine).toMatchObject({ handle: current.handle, ...seen, device: 'Firefox on Linux' })
      expect(mine?.lastSeenAt).toBeGreaterThanOrEqual(mine?.createdAt ?? Infinity)
      expect(mine?.expiresAt).toBeGreaterThan(mine?.lastSeenAt ?? Infinity)
      const shown = JSON.stringify(pages)
      for (const { id } of known) expect(shown).not.toContain(id)
      expect(shown).not.toContain('cart')
    }
    expect((await everyPage(other.sessions, { limit: 8 })).flat()).toHaveLength(35)
  })

  it('a list leaves out what was ended, what has expired, and ids that were replaced', async () => {
    const { deploy } = await world()
    const one = await deploy()
    const short = await deploy({ lifetime: { idleSeconds: 1 } })
    const expiring = await loggedIn(short.sessions, 'ada')
    const [gone, rotated] = [await loggedIn(one.sessions, 'ada'), await loggedIn(one.sessions, 'ada')]
    const now = await moved(one.sessions, await moved(one.sessions, rotated), { destroy: true })
    const open = await visit(one.sessions, gone.id)
    await open.session.destroy()
    await open.commit()
    await expect.poll(() => handlesOf(one.sessions, 'ada'), { timeout: 10_000 }).toEqual([now.handle])
    expect(await handlesOf(one.sessions)).not.toContain(expiring.handle)
  })

  it('a list has no address and no agent of a session that seals them', async () => {
    const { deploy } = await world()
    const { sessions } = await deploy({ serializer: sealing('old', { sealMetadata: true }) })
    const known = await loggedIn(sessions, 'ada', { ipAddress: '203.0.113.7', userAgent: FIREFOX })
    const [listed] = (await sessions.list({ userId: 'ada' })).sessions
    expect(listed).toMatchObject({ handle: known.handle, ipAddress: undefined, userAgent: undefined, device: undefined })
  })
}

function handleTests(world: () => Promise<OwnersWorld>, moves: number): void {
  it('ASVS-7.4.1: a session ends at once by its handle: a request of it stores nothing, and gives its lock back', async () => {
    const { deploy } = await world()
    const [one, other, strict] = [await deploy(), await deploy(), await deploy({ onGone: 'throw' })]
    const [bystander] = await several(one, 1, 'ada')
    for (const process of [one, strict]) {
      for (const options of [undefined, ...WAYS]) {
        const known = await loggedIn(one.sessions, 'ada')
        const open = await visit(process.sessions, known.id)
        open.session.set('n', 9)
        if (options !== undefined) await open.session.regenerate(options)
        expect(await other.sessions.revoke(known.handle, { userId: 'bob' })).toBe(false)
        expect(await other.sessions.revoke(known.handle, { userId: 'ada' })).toBe(true)
        if (process === one) expect(await open.commit()).toEqual({ setCookie: undefined })
        else expect(await codeOf(Promise.resolve(open.commit()))).toBe('ERR_SESSION_GONE')
        for (const id of [known.id, open.session.id]) {
          expect(await other.sessions.run(id, (session) => [session.isNew, session.userId])).toEqual([true, undefined])
        }
        expect(await other.sessions.revoke(known.handle, { userId: 'ada' })).toBe(false)
      }
    }
    expect(await handlesOf(one.sessions)).toEqual([bystander?.handle])
  })

  it('ASVS-7.5.2: a handle names the same session after it took new ids', async () => {
    const { deploy } = await world()
    const [one, other] = [await deploy(), await deploy()]
    for (const options of WAYS) {
      const [known, bystander] = await several(one, 2, 'ada')
      if (known === undefined || bystander === undefined) throw new Error('nobody was logged in')
      const now = await moved(one.sessions, await moved(one.sessions, known, options), options)
      expect(await other.sessions.revoke(known.handle)).toBe(true)
      expect(await one.sessions.run(now.id, (session) => session.userId)).toBeUndefined()
      expect(await handlesOf(one.sessions, 'ada')).toEqual([bystander.handle])
      await other.sessions.revokeUser('ada')
    }
  })

  it.each(['by handle', 'by handle of anybody', 'of the user', 'all'] as const)(
    'ASVS-7.4.1: sessions that take new ids meanwhile do not escape (%s)',
    async (how) => {
      const { two } = await world()
      const counts = await moveRaces(await two(), { rounds: moves, seed: 3, how })
      expect(counts).toMatchObject({ escaped: 0, denied: 0 })
      expect(counts.moves).toBeGreaterThan(10)
    },
  )
}

function userTests(world: () => Promise<OwnersWorld>, { betweenLookAndWrite, takesUpInOrder = true }: OwnersSuiteOptions): void {
  it('ASVS-7.4.3: all other sessions of a user end, and the one that asks stays: also with a new id, and while it is new', async () => {
    const { deploy } = await world()
    const [one, other] = [await deploy(), await deploy()]
    const strangers = [...(await several(one, 2, 'bob')), ...(await several(one, 1))]
    for (const how of ['as it is', 'new id', 'login', 'not stored'] as const) {
      await several(other, 3, 'ada')
      const known = how === 'not stored' ? undefined : await loggedIn(one.sessions, 'ada')
      const open = await visit(one.sessions, known?.id)
      open.session.setUserId('ada')
      open.session.set('password', 'changed')
      if (how === 'new id' || how === 'login') await open.session.regenerate({ destroy: how === 'login' })
      expect(await one.sessions.revokeOthers(open.session)).toBe(3)
      const id = idIn((await open.commit()).setCookie) ?? known?.id
      expect(await other.sessions.run(id, (session) => [session.userId, session.get('password')])).toEqual(['ada', 'changed'])
      expect(await handlesOf(other.sessions, 'ada')).toEqual([open.session.handle])
      await one.sessions.revokeUser('ada')
    }
    expect(await handlesOf(other.sessions)).toEqual(handlesIn(strangers))
  })

  it('ASVS-7.4.2: all sessions of a user end, those whose login is under way too', async () => {
    const { deploy } = await world()
    const [one, other] = [await deploy(), await deploy()]
    const strangers = await several(one, 2, 'bob')
    await several(one, 130, 'ada')
    expect(await other.sessions.revokeUser('ada')).toBe(130)
    for (const step of ['insert', 'commit', 'replace'] as const) {
      const anonymous = step === 'insert' ? undefined : await loggedIn(one.sessions, undefined)
      const open = await visit(one.sessions, anonymous?.id)
      if (step === 'replace') await open.session.regenerate({ destroy: true })
      open.session.setUserId('ada')
      // It is stored, and its request has not heard of it.
      one.driver.afterNext(step, async () => expect(await other.sessions.revokeUser('ada')).toBe(1))
      await open.commit()
      for (const id of [open.session.id, anonymous?.id]) {
        if (id !== undefined) expect(await other.sessions.run(id, (session) => session.userId)).toBeUndefined()
      }
    }
    expect(await handlesOf(other.sessions)).toEqual(handlesIn(strangers))
  })

  it('ASVS-7.4.2: 20 logins and one revocation, in any order, 20 times: none that came before it lives', async () => {
    const { two } = await world()
    const counts = await loginRaces(await two(), { rounds: 20, seed: 5 })
    expect(counts).toMatchObject({ escaped: 0, resent: 0, endedWrongly: 0 })
    expect(counts.ended).toBeGreaterThan(25)
    expect(counts.met).toBeGreaterThan(0)
  })

  it('ASVS-7.4.2: a login that is being written ends too, and is told that it is gone, not that its id is taken: it would try another', async () => {
    const { two } = await world()
    const [one] = await two()
    for (let round = 0; round < 25; round++) {
      const logins = Array.from({ length: 8 }, () => one.insert(newKey(), aRecord({ userId: 'ada' })))
      const [answers] = await Promise.all([Promise.allSettled(logins), one.revokeUser('ada')])
      for (const answer of answers) {
        if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'ERR_SESSION_GONE' })
        else expect(answer.value).toBeDefined()
      }
      if (takesUpInOrder) expect((await one.list({ userId: 'ada' })).sessions).toEqual([])
    }
  })

  if (betweenLookAndWrite === undefined) return
  it.each(['insert', 'commit', 'replace'] as const)(
    'ASVS-7.4.2: a login that looked before the revocation, and is written after all of it, ends too (by %s)',
    async (step) => {
      const { deploy } = await world()
      const [one, other] = [await deploy(), await deploy()]
      const anonymous = step === 'insert' ? undefined : await loggedIn(one.sessions, undefined)
      const open = await visit(one.sessions, anonymous?.id)
      if (step === 'replace') await open.session.regenerate({ destroy: true })
      open.session.setUserId('ada')
      let ended: number | undefined
      betweenLookAndWrite(step === 'commit' ? 'commit' : 'insert', async () => {
        ended = await other.sessions.revokeUser('ada')
      })
      expect(await open.commit()).toEqual({ setCookie: undefined })
      expect([ended, await handlesOf(other.sessions, 'ada')]).toEqual([0, []])
    },
  )
}

function limitTests(world: () => Promise<OwnersWorld>, moves: number): void {
  it.each(['refuse', 'evict-oldest', 'allow'] as const)(
    'ASVS-7.1.2: a login beyond the limit does what the option says (%s)',
    async (whenReached) => {
      const { deploy } = await world()
      const one = await deploy({ maxPerUser: { sessions: 2, whenReached } })
      const known: Known[] = []
      for (let n = 0; n < 2; n++) known.push(await loggedIn(one.sessions, 'ada'))
      // The store's clock counts milliseconds: the second one is used after the first.
      await expect.poll(() => one.sessions.run(known[1]?.id, (session) => session.set('at', Date.now()))).toBeUndefined()
      const third = await loggedIn(one.sessions, 'ada').catch((error: unknown) => error)
      const left = await handlesOf(one.sessions, 'ada')
      if (whenReached === 'refuse') {
        expect(third).toMatchObject({ code: 'ERR_SESSION_LIMIT' })
        expect(left).toEqual(handlesIn(known))
      } else {
        expect(third).toMatchObject({ handle: expect.any(String) })
        expect(left).toHaveLength(whenReached === 'allow' ? 3 : 2)
        expect(left).toContain((third as Known).handle)
      }
      expect(one.events.filter(({ kind }) => kind === 'limit')).toHaveLength(1)
    },
  )

  it.each(['refuse', 'evict-oldest'] as const)(
    'ASVS-7.1.2: 20 logins at once, in two processes, 10 times: never more than the limit (%s)',
    async (whenReached) => {
      const { two } = await world()
      const counts = await limitRaces(await two(), { rounds: 10, seed: 9, limit: { sessions: 3, whenReached } })
      expect(counts).toMatchObject({ tooMany: 0, refusedButStored: 0 })
      if (whenReached === 'refuse') expect(counts).toMatchObject({ storedButGone: 0 })
    },
  )

  it('ASVS-7.1.2: sessions that take new ids meanwhile are counted, and each once', async () => {
    const { two } = await world()
    const counts = await movingLimitRaces(await two(), { rounds: moves, seed: 4 })
    expect(counts).toMatchObject({ letIn: 0, keptOut: 0 })
    expect(counts.moves).toBeGreaterThan(10)
  })
}
