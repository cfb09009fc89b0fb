import { describe, expect, it } from 'vitest'
import type { Session } from '../../src/session/session.ts'
import { openShop } from '../manager/support/shop.ts'

/** Calls a method with what its types forbid, as JavaScript can. */
function misuse(session: Session, method: 'regenerate' | 'save' | 'setUserId', argument: unknown): unknown {
  return Reflect.apply(session[method], session, [argument])
}

describe('a call that would otherwise do less than it says', () => {
  it('is refused for regenerate(true), as the PHP library has it, for a callback, and for a misspelt option', async () => {
    const shop = openShop()
    const session = await shop.sessions.start(await shop.stored())
    for (const argument of [true, () => undefined, { destory: true }]) {
      expect(() => misuse(session, 'regenerate', argument)).toThrow(/^Option 'regenerate(?:\.destory)?': /)
    }
    for (const argument of [() => undefined, { keepopen: true }]) {
      expect(() => misuse(session, 'save', argument)).toThrow(/^Option 'save(?:\.keepopen)?': /)
    }
    await session.release()
    await shop.idle()
  })

  it('is refused for a login without a user id, which no revocation of the user would end', async () => {
    const session = await openShop().sessions.start()
    expect(() => misuse(session, 'setUserId', undefined)).toThrow('setUserId: a user id must be')
    session.setUserId(null)
    expect(session.userId).toBeUndefined()
  })

  it('says that the session has ended when a last message comes after destroy(), and what does take one', async () => {
    const shop = openShop()
    const session = await shop.sessions.start(await shop.stored())
    await session.destroy()
    expect(() => session.flash('status', 'Goodbye')).toThrow(/^Session is closed: .* ended\. .* invalidate\(\)\.$/)
    const kept = await shop.sessions.start(await shop.stored())
    await kept.invalidate()
    kept.flash('status', 'Goodbye')
    await kept.save()
    expect(await shop.sessions.run(kept.id, (next) => next.getFlash('status'))).toBe('Goodbye')
    await shop.idle()
  })
})
