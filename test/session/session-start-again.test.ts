import { describe, expect, it } from 'vitest'
import { codeOf, gate, openShop } from '../manager/support/shop.ts'

const UNKNOWN = 'a'.repeat(40)

describe('a session that is started again', () => {
  it('under an id that the store does not know keeps neither that one nor the one that it had', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    await session.save()
    await session.start(UNKNOWN)
    expect(session.isNew).toBe(true)
    expect([id, UNKNOWN]).not.toContain(session.id)
    await shop.idle()
  })

  it('has the id until then that it had when it was released, though nothing was stored under it', async () => {
    const session = await openShop().sessions.start()
    const { id } = session
    await session.release()
    expect(session.id).toBe(id)
    await session.start()
    expect(session.id).not.toBe(id)
  })

  it('takes writes, although the store could not be reached the first time', async () => {
    const shop = openShop({ onStoreError: 'anonymous' })
    const id = await shop.stored()
    shop.driver.failNext('acquire')
    const session = await shop.sessions.start(id)
    expect(() => session.set('n', 1)).toThrow('read-only')
    await session.release()
    await session.start(id)
    session.set('n', 1)
    await session.save()
    expect(await shop.peek(id)).toMatchObject({ n: 1 })
    await shop.idle()
  })

  it('is not told once more that it could not be saved the first time', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const session = await shop.sessions.start(id)
    session.set('n', 1)
    shop.driver.failNext('commit')
    expect(await codeOf(session.save())).toBe('ERR_SESSION_DRIVER_FAILED')
    await session.start()
    session.set('n', 2)
    await session.save()
    await session.save()
    expect(await shop.peek(id)).toMatchObject({ n: 2 })
    await shop.idle()
  })

  it('and then released was not saved, though it was the first time', async () => {
    const shop = openShop()
    const session = await shop.sessions.start(await shop.stored())
    session.set('n', 1)
    await session.save()
    await session.start()
    session.set('n', 2)
    await session.release()
    expect(await codeOf(session.save())).toBe('ERR_SESSION_CLOSED')
    expect(await shop.peek(session.id)).toMatchObject({ n: 1 })
    await shop.idle()
  })

  it('and then read again shows its flash once, though it had stored some the first time', async () => {
    const shop = openShop()
    const session = await shop.sessions.start(await shop.stored())
    session.flash('status', 'Welcome back!')
    await session.save()
    await session.start()
    await session.reload()
    expect(session.getFlash('status')).toBe('Welcome back!')
    await session.save()
    expect((await shop.sessions.start(session.id)).getFlash('status')).toBeUndefined()
  })

  it('has a signal that knows nothing of the lock that was lost the first time', async () => {
    const shop = openShop({ lock: { leaseSeconds: 0.03 } })
    const session = await shop.sessions.start(await shop.stored())
    const lost = gate()
    session.signal.addEventListener('abort', () => lost.open())
    shop.clock.advance(31)
    await lost.opened
    await session.release()
    await session.start()
    expect(session.signal.aborted).toBe(false)
    await session.release()
    await shop.idle()
  })
})
