import { describe, expect, it, vi } from 'vitest'
import { Reading } from '../../../src/adapters/next/reading.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import type { LifetimeOptions } from '../../../src/manager/options.ts'

interface Shop {
  readonly driver: MemoryDriver
  readonly sessions: SessionManager
  /** Stores a session, and gives its id. */
  readonly stored: () => Promise<string>
  /** Reads it as a page does. */
  readonly reading: (id: string) => Promise<Reading<Record<string, unknown>>>
}

/** A store whose clock has been standing still for so many seconds, until a session is stored. */
function openShop({
  behindSeconds = 0,
  lifetime = {},
}: { readonly behindSeconds?: number; readonly lifetime?: LifetimeOptions } = {}): Shop {
  let behindMs = behindSeconds * 1000
  const driver = new MemoryDriver({ acknowledged: true, clock: () => Date.now() - behindMs })
  const sessions = new SessionManager<Record<string, unknown>>({ driver, cookie: { secure: false }, lifetime })
  return {
    driver,
    sessions,
    stored: async () => {
      const session = await sessions.start()
      session.flash('status', 'Saved.')
      await session.save()
      behindMs = 0
      return session.id
    },
    reading: async (id) => {
      const { session } = await sessions.open({ cookieHeader: `ml_session=${id}`, concurrency: 'readonly' })
      return new Reading(sessions, session)
    },
  }
}

async function statusIn({ sessions }: Shop, id: string): Promise<unknown> {
  return (await sessions.start(id, { concurrency: 'readonly' })).getFlash('status')
}

describe('what a page leaves behind when it has gone out', () => {
  it('a flash message that it has shown is gone', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const page = await shop.reading(id)
    expect(page.view.getFlash('status')).toBe('Saved.')
    expect(await statusIn(shop, id)).toBe('Saved.')
    await page.finish()
    expect(await statusIn(shop, id)).toBeUndefined()
  })

  it('one that it has looked at through the bag is gone', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const page = await shop.reading(id)
    expect(page.view.flashes.has('status')).toBe(true)
    await page.finish()
    expect(await statusIn(shop, id)).toBeUndefined()
  })

  it('one that came while the page was made is still to be shown', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const page = await shop.reading(id)
    page.view.getFlash('status')
    await shop.sessions.run(id, (session) => session.flash('status', 'Sent.'))
    await page.finish()
    expect(await statusIn(shop, id)).toBe('Sent.')
  })

  it('one that it has not asked for is still to be shown', async () => {
    const shop = openShop()
    const id = await shop.stored()
    await shop.sessions.run(id, (session) => {
      session.reflash()
      session.flash('warning', 'Soon full.')
    })
    const page = await shop.reading(id)
    page.view.getFlash('warning')
    await page.finish()
    expect(await statusIn(shop, id)).toBe('Saved.')
  })

  it('for a page that has shown none the store is not asked again', async () => {
    const shop = openShop()
    const page = await shop.reading(await shop.stored())
    const read = vi.spyOn(shop.driver, 'read')
    page.view.getFlash('warning')
    await page.finish()
    expect(read).not.toHaveBeenCalled()
  })

  it('an id that is due to change stays: a page cannot tell the browser of another', async () => {
    const shop = openShop({ behindSeconds: 120, lifetime: { rotateEverySeconds: 60 } })
    const id = await shop.stored()
    const page = await shop.reading(id)
    page.view.getFlash('status')
    await page.finish()
    const again = await shop.sessions.start(id, { concurrency: 'readonly' })
    expect([again.isNew, again.id]).toEqual([false, id])
  })

  it('a session that has ended meanwhile stays ended', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const page = await shop.reading(id)
    page.view.getFlash('status')
    await (await shop.sessions.start(id)).destroy()
    await page.finish()
    expect((await shop.driver.list()).sessions).toEqual([])
  })

  it('a store that fails then is told of by an event, and by nothing else', async () => {
    const shop = openShop()
    const page = await shop.reading(await shop.stored())
    page.view.getFlash('status')
    const told: unknown[] = []
    shop.sessions.on('refused', ({ reason }) => told.push(reason))
    shop.driver.read = () => Promise.reject(new Error('the store is down'))
    await page.finish()
    expect(told).toEqual(['store-error'])
  })
})

describe('a session that a page reads', () => {
  it('answers as the session does', async () => {
    const shop = openShop()
    const id = await shop.stored()
    await shop.sessions.run(id, (session) => {
      session.set('cart', { items: [1, 2] })
      session.setUserId(7)
    })
    const { view } = await shop.reading(id)
    expect([view.get('cart.items'), view.get('none', 'x'), view.has('cart'), view.userId, view.id, view.isNew]).toEqual([
      [1, 2],
      'x',
      true,
      '7',
      id,
      false,
    ])
    expect(view.token()).toBe(view.currentToken)
  })

  it('takes no write, by its bags neither', async () => {
    const shop = openShop()
    const { view } = await shop.reading(await shop.stored())
    const session: object = view
    const names = ['set', 'increment', 'flash', 'setUserId', 'regenerate', 'invalidate', 'destroy', 'save', 'regenerateToken']
    for (const name of names) {
      expect(() => Reflect.apply(Reflect.get(session, name), session, ['count', 1])).toThrow('a server component cannot send its cookie')
    }
    expect(() => view.attributes.set('count', 1)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_READONLY' }))
  })
})
