import { describe, expect, it } from 'vitest'
import { begin, openCounter } from './support/merging.ts'
import { keyOf, visit } from './support/shop.ts'

const LONG = { lifetime: { idleSeconds: 7200, maxIdleSeconds: 86_400 } }

describe('a lifetime of its own', () => {
  it('that was not stored is in no cookie', async () => {
    const { sessions, id } = await openCounter((session) => session.set('n', 0), LONG)
    const failing = await visit(sessions, id)
    failing.session.setLifetime({ idleSeconds: 86_400, persistent: true })
    expect((await failing.discard(new Error('no'))).setCookie).toBeUndefined()
  })

  it('but one that was stored before its request failed is', async () => {
    const { sessions, id } = await openCounter((session) => session.set('n', 0), LONG)
    const failing = await visit(sessions, id)
    failing.session.setLifetime({ idleSeconds: 600, persistent: true })
    await failing.session.save()
    failing.session.setLifetime({ idleSeconds: 86_400, persistent: true })
    expect((await failing.discard(new Error('no'))).setCookie).toContain('; Max-Age=600;')
  })

  it('is not undone by a request that read the session before, and only looked', async () => {
    const { sessions, driver, id, clock, memory } = await openCounter((session) => session.set('n', 0), LONG)
    clock.advance(60_000)
    const looking = await begin(sessions, id, undefined, { concurrency: 'readonly' })
    await (await begin(sessions, id, (session) => session.setLifetime({ idleSeconds: 100 }))).end()
    await looking.end()
    expect(driver.methods).toContain('touch')
    expect(await memory.read(keyOf(id))).toMatchObject({ record: { expiresAt: clock.now() + 100_000 } })
  })

  it('is no longer than the manager allows by now', async () => {
    const { id, another } = await openCounter((session) => session.setLifetime({ idleSeconds: 86_400, absoluteSeconds: 86_400 }), LONG)
    const stricter = another({ lifetime: { idleSeconds: 600, absoluteSeconds: 1200 } })
    const session = await stricter.start(id, { concurrency: 'readonly' })
    expect(session.lifetime).toEqual({ idleSeconds: 600, absoluteSeconds: 1200 })
  })

  it('renews a cookie that is kept, also where those of the others are not', async () => {
    const { sessions, id, clock } = await openCounter((session) => session.setLifetime({ persistent: true }), {
      cookie: { lifetimeSeconds: 0 },
    })
    clock.advance(60_000)
    expect((await (await visit(sessions, id)).commit()).setCookie).toContain('; Max-Age=7200;')
  })
})
