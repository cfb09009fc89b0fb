import { describe, expect, it } from 'vitest'
import { SaltingSerializer } from '../support/salting-serializer.ts'
import { begin, openCounter } from '../manager/support/merging.ts'
import { gate, openShop, visit } from '../manager/support/shop.ts'
import type { Shop } from '../manager/support/shop.ts'

/** Something to end a save that has reached the store. */
function saving(shop: Shop): { readonly arrived: Promise<void>; readonly end: () => void } {
  const arrived = gate()
  const answer = gate()
  shop.driver.afterNext('commit', async () => {
    arrived.open()
    await answer.opened
  })
  return { arrived: arrived.opened, end: answer.open }
}

describe('a change in place of what was set before a save', () => {
  it('is stored by the commit', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    const cart = { items: ['book'] }
    open.session.set('cart', cart)
    await open.session.save()
    cart.items.push('pen')
    await open.commit()
    expect(await shop.peek(id)).toMatchObject({ cart: { items: ['book', 'pen'] } })
    await shop.idle()
  })

  it('is stored by the commit in a new session as well', async () => {
    const shop = openShop()
    const open = await visit(shop.sessions)
    const steps = ['address']
    open.session.set('checkout.steps', steps)
    await open.session.save()
    steps.push('payment')
    await open.commit()
    expect(await shop.peek(open.session.id)).toMatchObject({ checkout: { steps: ['address', 'payment'] } })
  })

  it('is shown by the next request where it was flashed', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    const errors = ['name']
    open.session.flash('errors', errors)
    await open.session.save()
    errors.push('street')
    await open.commit()
    await shop.sessions.run(id, (session) => expect(session.getFlash('errors')).toEqual(['name', 'street']))
  })

  it('asks nothing of the store when there was none', async () => {
    const shop = openShop()
    const open = await visit(shop.sessions, await shop.stored())
    open.session.set('cart', { items: [] })
    await open.session.save()
    shop.driver.forget()
    await open.commit()
    expect(shop.driver.methods).toEqual(['unlock'])
  })
})

describe('while a save is under way', () => {
  it('a login is not forgotten', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    open.session.set('n', 1)
    const { arrived, end } = saving(shop)
    const saved = open.session.save()
    await arrived
    open.session.setUserId(7)
    open.session.markAuthenticated()
    end()
    await saved
    expect(open.session.isFresh({ withinSeconds: 60 })).toBe(true)
    await open.commit()
    await shop.sessions.run(id, (session) => {
      expect([session.authenticatedAt, session.isFresh({ withinSeconds: 60 })]).toEqual([shop.clock.now(), true])
    })
  })

  it('what is to be read again is, although the request ends before', async () => {
    const shop = openShop()
    const id = await shop.stored()
    const open = await visit(shop.sessions, id)
    open.session.set('n', 1)
    open.session.flash('status', 'Saved.')
    const acts = [open.session.save(), open.session.reload()]
    open.session.set('n', 2)
    await open.commit()
    await Promise.all(acts)
    await shop.sessions.run(id, (session) => expect([session.get('n'), session.getFlash('status')]).toEqual([1, 'Saved.']))
    await shop.idle()
  })

  it.each([
    ['at once', new SaltingSerializer()],
    ['later', new SaltingSerializer({ answersLater: true })],
  ])('a request that merges adds to a number once, with a serializer that answers %s', async (_when, serializer) => {
    const { sessions, id, peek } = await openCounter((session) => session.set('n', 0), { serializer })
    const requests = 60
    for (let steps = 0; steps < requests; steps++) {
      const merging = await begin(sessions, id, (session) => session.set('last', steps))
      const saved = merging.session.save()
      for (let step = 0; step < steps; step++) await Promise.resolve()
      merging.session.increment('n')
      await saved
      expect(merging.session.get('n')).toBe(steps + 1)
      await merging.end()
    }
    expect(await peek(id)).toMatchObject({ n: requests })
  })
})
