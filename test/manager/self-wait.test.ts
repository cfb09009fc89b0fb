import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, it } from 'vitest'
import { codeOf, failureOf, gate, openShop, visit } from './support/shop.ts'

describe('a request that waits for itself', () => {
  it('a start of the same session inside run fails at once and names the cure', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const error = await shop.sessions.run(id, () => failureOf(shop.sessions.start(id)))
    expect(error).toMatchObject({ code: 'ERR_SESSION_LOCK_SELF', status: 500 })
    expect(String(error)).toContain("concurrency 'readonly'")
    expect(shop.events).toContainEqual(expect.objectContaining({ kind: 'refused', reason: 'lock-self' }))
    await shop.idle()
  })

  it('also deep inside, after other things were awaited', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const inner = async (): Promise<unknown> => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      return await codeOf(shop.sessions.run(id, () => undefined))
    }
    expect(await shop.sessions.run(id, async () => await Promise.all([inner(), inner()]))).toEqual([
      'ERR_SESSION_LOCK_SELF',
      'ERR_SESSION_LOCK_SELF',
    ])
    await shop.idle()
  })

  it('also in an adapter’s handler', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    expect(await open.run(() => codeOf(visit(shop.sessions, id)))).toBe('ERR_SESSION_LOCK_SELF')
    await open.commit()
    await shop.idle()
  })

  it('also when another manager over the same store is asked', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const other = shop.another()
    expect(await shop.sessions.run(id, () => codeOf(other.start(id)))).toBe('ERR_SESSION_LOCK_SELF')
    await shop.idle()
  })

  it('also when it came by an id that was rotated, or has rotated itself', async () => {
    const shop = openShop()
    const id = await shop.stored()
    let moved = ''
    await shop.sessions.run(id, async (session) => {
      await session.regenerate()
      await session.save({ keepOpen: true })
      moved = session.id
      expect(await codeOf(shop.sessions.start(id))).toBe('ERR_SESSION_LOCK_SELF')
      expect(await codeOf(shop.sessions.start(moved))).toBe('ERR_SESSION_LOCK_SELF')
    })
    expect(await shop.sessions.run(id, () => codeOf(shop.sessions.start(moved)))).toBe('ERR_SESSION_LOCK_SELF')
    await shop.idle()
  })

  it('also when the inner handler has another session open in between', async () => {
    const shop = openShop()
    const [outer, inner] = [await shop.stored(), await shop.stored()]
    const codes = await shop.sessions.run(outer, () => shop.sessions.run(inner, () => codeOf(shop.sessions.start(outer))))
    expect(codes).toBe('ERR_SESSION_LOCK_SELF')
    await shop.idle()
  })

  it('also right after a new session was saved', async () => {
    const shop = openShop()
    await shop.sessions.run(undefined, async (session) => {
      session.set('n', 1)
      await session.save({ keepOpen: true })
      expect(await codeOf(shop.sessions.start(session.id))).toBe('ERR_SESSION_LOCK_SELF')
    })
    await shop.idle()
  })

  it('where it cannot be known, the time-out says what it may have been', async () => {
    const shop = openShop({ lock: { waitSeconds: 0.01 } })
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    const error = await failureOf(shop.sessions.start(id))
    expect(error).toMatchObject({ code: 'ERR_SESSION_LOCK_TIMEOUT' })
    expect(String(error)).toContain('waits for itself')
    await session.release()
    await shop.idle()
  })
})

describe('a request that does not wait for itself', () => {
  it('may start another session inside', async () => {
    const shop = openShop()
    const [outer, inner] = [await shop.stored(), await shop.stored()]
    await shop.sessions.run(outer, () => shop.sessions.run(inner, (session) => session.increment('n')))
    expect(await shop.peek(inner)).toMatchObject({ n: 1 })
    await shop.idle()
  })

  it('may read its own session inside', async () => {
    const shop = openShop()
    const id = await shop.stored()
    await shop.sessions.run(id, async (session) => {
      session.increment('n')
      const inner = await shop.sessions.start(id, { concurrency: 'readonly' })
      expect(inner.get('n')).toBe(0)
    })
    await shop.idle()
  })

  it('may go on in the background and start the session after its end', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const ended = gate()
    let background: Promise<void> | undefined
    await shop.sessions.run(id, () => {
      background = ended.opened.then(() => shop.sessions.run(id, (session) => void session.increment('n')))
    })
    ended.open()
    await background
    expect(await shop.peek(id)).toMatchObject({ n: 1 })
    await shop.idle()
  })

  it('may start the session again once it has released or saved it', async () => {
    const shop = openShop()
    const id = await shop.stored()
    await shop.sessions.run(id, async (session) => {
      session.increment('n')
      await session.save()
      await shop.sessions.run(id, (again) => again.increment('n'))
    })
    await shop.sessions.run(id, async (session) => {
      await session.release()
      await shop.sessions.run(id, (again) => again.increment('n'))
    })
    expect(await shop.peek(id)).toMatchObject({ n: 3 })
    await shop.idle()
  })

  it('waits for others as ever, also when they were started by the same code', async () => {
    const shop = openShop()
    const id = await shop.stored()
    await Promise.all([1, 2, 3].map(() => shop.sessions.run(id, (session) => session.increment('n'))))
    expect(await shop.peek(id)).toMatchObject({ n: 3 })
    await shop.idle()
  })

  it('keeps the contexts of its own that it runs in', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const context = new AsyncLocalStorage<string>()
    const holder = await shop.sessions.start(id)
    const waiting = ['a', 'b'].map((name) => context.run(name, () => shop.sessions.run(id, () => context.getStore())))
    await context.run('holder', () => holder.release())
    expect(await Promise.all(waiting)).toEqual(['a', 'b'])
    await shop.idle()
  })
})
