import { describe, expect, it } from 'vitest'
import { NEXT_WEEK, OldStore, World, ours, signed } from './world.ts'
import { ironSession } from '../../src/move-in/index.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'

const ADA = { passport: { user: 'ada' } }

describe('attacks', () => {
  it('lock given back', async () => {
    await using world = new World({ keepOldUntil: NEXT_WEEK, manager: { lock: { waitSeconds: 1 } } , data: (old) => { if (old['bad']) throw new Error('bad data'); return old } })
    const first = await world.visit('', (session) => session.setUserId('grace'))
    const cookie = world.store.put('sid-1', { ...ADA, bad: true })
    await expect(world.visit(`${ours(first)}; ${cookie}`)).rejects.toThrow('bad data')
    expect((await world.visit(ours(first))).userId).toBe('grace')
  })
  it('nobody does not end a login', async () => {
    await using world = new World({ keepOldUntil: NEXT_WEEK })
    const first = await world.visit('', (session) => session.setUserId('grace'))
    const cookie = world.store.put('sid-1', { returnTo: '/x' })
    expect((await world.visit(`${ours(first)}; ${cookie}`)).userId).toBe('grace')
    expect((await world.visit(ours(first))).userId).toBe('grace')
  })
  it('long user', async () => {
    await using world = new World({})
    const cookie = world.store.put('sid-1', { passport: { user: 'x'.repeat(300) }, cart: 1 })
    expect((await world.visit(cookie)).data).toMatchObject({ cart: 1 })
  })
  it('id of user object', async () => {
    await using world = new World({})
    const cookie = world.store.put('sid-1', { passport: { user: { id: 7 } } })
    expect((await world.visit(cookie)).userId).toBe('7')
  })
  it('growth by iron seals', async () => {
    const driver = new MemoryDriver()
    const iron = ironSession({ cookieName: 'shop', password: 'x'.repeat(40), unseal: async () => { throw new Error('no') } })
    await using world = new World({ driver, sources: [iron] })
    let inserted = 0
    const replace = driver.replace.bind(driver)
    driver.replace = (...given) => { inserted++; return replace(...given) }
    for (let n = 0; n < 5; n++) await world.visit(`shop=Fe26.2*1*${n}*a*b*c*d*e`, (session) => session.destroy())
    expect(inserted).toBe(0)
  })
  it('resurrection in the old store', async () => {
    const store = new OldStore()
    await using world = new World({ store, keepOldUntil: NEXT_WEEK })
    const cookie = store.put('sid-1', ADA)
    const first = await world.visit(cookie)
    await world.visit(`${cookie}; ${ours(first)}`, (session) => { session.set('n', 1); delete store.sessions['sid-1'] })
    expect(store.look('sid-1')).toBe(undefined)
    expect((await world.visit(`${cookie}; ${ours(first)}`)).userId).toBe(undefined)
  })
  it('planted first', async () => {
    await using world = new World({})
    const cookie = world.store.put('sid-1', ADA)
    expect((await world.visit(`connect.sid=junk; ${cookie}`)).userId).toBe('ada')
  })
  it('async callback store failing', async () => {
    const store = new OldStore()
    await using world = new World({ keepOldUntil: NEXT_WEEK, store: { get: (sid, done) => store.get(sid, done), set: (_s, _d, done) => done(Object.assign(new Error('no folder'), { code: 'ENOENT' })), destroy: (sid, done) => store.destroy(sid, done) } })
    const troubles: unknown[] = []
    world.sessions.on('trouble', (t) => troubles.push(t))
    await world.visit(store.put('sid-1', ADA), (session) => session.set('n', 1))
    expect(troubles).toHaveLength(1)
    void signed
  })
  it('fixation', async () => {
    for (const options of [{}, { keepOldUntil: NEXT_WEEK }]) {
      await using world = new World(options)
      const planted = world.store.put('sid-1', { cart: ['x'] })
      const attacker = await world.visit(planted)
      const victim = await world.visit(planted)
      expect(victim.id).toBe(attacker.id)
      const login = await world.visit(`${planted}; ${ours(victim)}`, async (session) => { await session.regenerate({ destroy: true }); session.setUserId('v') })
      expect((await world.visit(ours(attacker))).userId).toBe(undefined)
      world.store.put('sid-1', { cart: ['x'] })
      expect((await world.visit(planted)).userId).toBe(undefined)
      expect((await world.visit(`${planted}; ${ours(attacker)}`)).userId).toBe(undefined)
      expect((await world.visit(ours(login))).userId).toBe('v')
    }
  })
  it('login in first request', async () => {
    for (const options of [{}, { keepOldUntil: NEXT_WEEK }]) {
      await using world = new World(options)
      const planted = world.store.put('sid-1', { cart: ['x'] })
      const attacker = await world.visit(planted)
      const login = await world.visit(planted, async (session) => { await session.regenerate({ destroy: true }); session.setUserId('v') })
      expect((await world.visit(ours(attacker))).userId).toBe(undefined)
      world.store.put('sid-1', { cart: ['x'] })
      expect((await world.visit(planted)).userId).toBe(undefined)
      expect((await world.visit(ours(login))).userId).toBe('v')
    }
  })
  it('nested proto', async () => {
    await using world = new World({})
    world.store.sessions['sid-1'] = '{"cookie":{"path":"/"},"a":{"__proto__":{"polluted":1}},"constructor":{"prototype":{"polluted":1}},"__proto__":{"polluted":1},"x.__proto__.polluted":1}'
    const seen = await world.visit(`connect.sid=${signed('sid-1')}`, (session) => { session.set('b', 1) })
    await world.visit(ours(seen), (session) => { session.set('c', 1) })
    expect(Reflect.get({}, 'polluted')).toBe(undefined)
  })
})
