import { describe, expect, it } from 'vitest'
import { codeOf, failureOf, keyOf, openShop } from '../manager/support/shop.ts'

const UNKNOWN = 'a'.repeat(40)

describe('starting a session', () => {
  it('S-030 S-028: a manager needs a driver only, and sessions start, take data and are saved without an adapter', async () => {
    const { sessions } = openShop()
    const session = await sessions.start()
    session.set('user.name', 'Ada')
    await session.save()
    expect((await sessions.start(session.id)).get('user.name')).toBe('Ada')
  })

  it('S-031: two sessions of one manager know nothing of each other', async () => {
    const { sessions } = openShop()
    const [one, other] = await Promise.all([sessions.start(), sessions.start()])
    one.set('n', 1)
    one.setUserId('ada')
    expect(one.id).not.toBe(other.id)
    expect(other.get('n')).toBeUndefined()
    expect(other.userId).toBeUndefined()
    await Promise.all([one.save(), other.save()])
    expect((await sessions.start(other.id)).isNew).toBe(true)
  })

  it('S-032 S-034: before the start it has no id and is not started', () => {
    const session = openShop().sessions.create()
    expect(session.id).toBe('')
    expect(session.isStarted).toBe(false)
  })

  it('S-033 S-041: a second start under the same id does nothing, under another it throws', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    expect(await session.start(id)).toBe(true)
    expect(await session.start()).toBe(true)
    expect(await codeOf(session.start(UNKNOWN))).toBe('ERR_SESSION_ALREADY_STARTED')
    expect(await codeOf(session.start(''))).toBe('ERR_SESSION_ALREADY_STARTED')
    expect(session.isStarted).toBe(true)
    await session.release()
    await shop.idle()
  })

  it('S-035: the name is ml_session unless another is given', () => {
    expect(openShop().sessions.create().name).toBe('ml_session')
    expect(openShop({ name: 'sid' }).sessions.create().name).toBe('sid')
  })

  it('S-036 S-037: there is one way to ask for the id and whether it is started', () => {
    const session = openShop().sessions.create()
    expect('getId' in session || 'getName' in session).toBe(false)
    expect(typeof session.isStarted).toBe('boolean')
  })

  it('S-038 S-381: ids are 40 lowercase hex digits, each another', async () => {
    const { sessions } = openShop()
    const ids = await Promise.all(Array.from({ length: 200 }, async () => (await sessions.start()).id))
    expect(new Set(ids).size).toBe(200)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{40}$/)
  })

  it('S-040: start resolves with true, and a created session can be started', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = shop.sessions.create()
    expect(await session.start(id)).toBe(true)
    expect(session.get('n')).toBe(0)
    expect(session.id).toBe(id)
    await session.release()
    await shop.idle()
  })

  it('opens the store before the first session is read, however it is started', async () => {
    const { sessions, driver } = openShop()
    await sessions.create().start(UNKNOWN)
    expect(driver.calls.map((call) => call.method)).toEqual(['open', 'acquire'])
  })

  it.each([undefined, null, '', '0'])('S-042: start(%o) makes a new session and asks the store nothing', async (id) => {
    const { sessions, driver } = openShop()
    const session = await sessions.start(id)
    expect(session.isNew).toBe(true)
    expect(driver.methods).toEqual([])
  })

  it('S-043: an id that the store does not know is never used', async () => {
    const { sessions, memory, events } = openShop()
    const session = await sessions.start(UNKNOWN)
    expect(session.isNew).toBe(true)
    expect(session.id).not.toBe(UNKNOWN)
    session.set('n', 1)
    await session.save()
    expect(await memory.read(keyOf(UNKNOWN))).toBeUndefined()
    expect(events.map((event) => event.kind)).toEqual(['refused', 'created'])
    expect(events[0]).toMatchObject({ reason: 'unknown-id', key: keyOf(UNKNOWN) })
  })

  const notIds = [
    'a'.repeat(39),
    'a'.repeat(41),
    'A'.repeat(40),
    `${'a'.repeat(39)}g`,
    `${'a'.repeat(40)}\n`,
    '../../etc/passwd',
    '\0',
    'x'.repeat(100_000),
  ]
  it.each(notIds)('S-043 S-199: a text that is no id never reaches the driver (%#)', async (text) => {
    const { sessions, driver } = openShop()
    const session = await sessions.start(text)
    expect(session.isNew).toBe(true)
    expect(session.id).not.toBe(text)
    expect(driver.methods).toEqual([])
  })

  it('S-392: an id that is no text is a mistake of the caller, and is not shown', async () => {
    const { sessions } = openShop()
    const error = await failureOf(sessions.start(123_456_789 as unknown as string))
    expect(error).toMatchObject({ code: 'ERR_SESSION_INVALID_ID' })
    expect(String(error)).not.toContain('123456789')
  })

  it('S-045: a store that fails is an error and no new session', async () => {
    const shop = openShop()
    const id = await shop.stored()
    shop.driver.failNext('acquire')
    expect(await codeOf(shop.sessions.start(id))).toBe('ERR_SESSION_DRIVER_FAILED')
    expect((await shop.sessions.start(id)).get('n')).toBe(0)
  })

  it('a session that could not be opened again is what the next start tries', async () => {
    const shop = openShop({ lock: { waitSeconds: 0 } })
    const session = await shop.sessions.start(await shop.stored())
    await session.save()
    const holder = await shop.sessions.start(session.id)
    const { id } = session
    expect(await codeOf(session.start())).toBe('ERR_SESSION_LOCK_TIMEOUT')
    expect(await codeOf(session.start())).toBe('ERR_SESSION_LOCK_TIMEOUT')
    await holder.release()
    await session.start()
    expect([session.isNew, session.id, session.get('n')]).toEqual([false, id, 0])
    await session.release()
    await shop.idle()
  })

  it('S-049: every data method throws before the start', () => {
    const session = openShop().sessions.create()
    const uses = [
      () => session.get('n'),
      () => session.set('n', 1),
      () => session.has('n'),
      () => session.forget('n'),
      () => session.pull('n'),
      () => session.increment('n'),
      () => session.all(),
      () => session.clear(),
      () => session.flash('n', 1),
      () => session.getFlash('n'),
      () => session.reflash(),
      () => session.keep('n'),
      () => session.now('n', 1),
      () => session.token(),
      () => session.currentToken,
      () => session.regenerateToken(),
      () => session.userId,
      () => session.setUserId('ada'),
      () => session.ipAddress,
      () => session.setIpAddress('127.0.0.1'),
      () => session.userAgent,
      () => session.setUserAgent('x'),
      () => session.setRequestInfo(null, null),
      () => session.attributes,
      () => session.flashes,
      () => session.metadata,
      () => session.bag('attributes'),
    ]
    for (const use of uses) expect(use).toThrow(expect.objectContaining({ code: 'ERR_SESSION_NOT_STARTED' }))
  })

  it('S-049 S-062: every act but start and release throws before the start', async () => {
    const session = openShop().sessions.create()
    for (const act of [session.save(), session.regenerate(), session.invalidate(), session.destroy(), session.reload()]) {
      expect(await codeOf(act)).toBe('ERR_SESSION_NOT_STARTED')
    }
    await session.release()
    expect(session.isStarted).toBe(false)
  })

  it('S-046 S-053 S-055: the three bags load what was stored', async () => {
    const shop = openShop()
    const id = await shop.stored((session) => {
      session.set('n', 1)
      session.flash('status', 'Hi')
      session.setUserId(42)
      session.setRequestInfo('192.0.2.1', 'Browser')
    })
    const session = await shop.sessions.start(id)
    expect(session.attributes.get('n')).toBe(1)
    expect(session.flashes.get('status')).toBe('Hi')
    expect(session.metadata.userId).toBe('42')
    expect([session.ipAddress, session.userAgent]).toEqual(['192.0.2.1', 'Browser'])
    expect(session.metadata.getCreatedAt()).toBe(Math.floor(shop.clock.now() / 1000))
    expect(session.bag('attributes')).toBe(session.attributes)
    expect(session.bag('flash')).toBe(session.flashes)
    expect(session.bag('metadata')).toBe(session.metadata)
    expect(() => session.bag('basket')).toThrow(/no bag 'basket'/)
  })

  it('S-047: a token is made on first use, and every stored session holds one', async () => {
    const shop = openShop()
    const fresh = await shop.sessions.start()
    expect(fresh.currentToken).toBeUndefined()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    expect(session.currentToken).toMatch(/^[0-9a-f]{80}$/)
    expect(session.token()).toBe(session.currentToken)
    expect(session.isDirty).toBe(false)
  })
})
