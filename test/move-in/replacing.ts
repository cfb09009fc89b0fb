import { expect, it } from 'vitest'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import type { LockingDriver } from '../../src/contracts/driver.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { connectSid, moveInFrom } from '../../src/move-in/index.ts'
import type { ConnectStore } from '../../src/move-in/index.ts'
import { Address, newApplication, oldApplication } from './applications.ts'
import type { Guest, Shop } from './applications.ts'

export const SECRETS = ['the newest secret', 'the old secret']
export const NEXT_WEEK = new Date(Date.now() + 7 * 86_400_000)

export function movedInto(store: ConnectStore, keepOldUntil?: Date, driver: LockingDriver = new MemoryDriver()): SessionManager<Shop> {
  const source = connectSid({ store, secrets: SECRETS })
  return new SessionManager<Shop>({ driver, moveIn: moveInFrom([source], keepOldUntil && { keepOldUntil }) })
}

const NAMES = Array.from({ length: 10 }, (_, index) => `user${index}`)

async function loggedIn(address: Address, name: string): Promise<Guest> {
  const guest = address.visitor()
  await guest.send('/login', { name })
  await guest.send('/add', { item: `book of ${name}` })
  return guest
}

const usersOf = (guests: readonly Guest[]): Promise<(string | null)[]> =>
  Promise.all(guests.map(async (guest) => (await guest.me('/look')).user))

/** What must hold whatever store express-session has: to be called inside `describe`. */
export function replacingTests(open: () => Promise<ConnectStore>): void {
  it('nobody is logged out by the replacement, by a roll-back, or by the next replacement, and no data is lost', async () => {
    const store = await open()
    await using address = new Address()
    await address.run(oldApplication({ store }))
    const guests = await Promise.all(NAMES.map((name) => loggedIn(address, name)))
    const sessions = movedInto(store, NEXT_WEEK)

    await address.run(newApplication(sessions))
    for (const [index, guest] of guests.entries()) {
      const name = NAMES[index] ?? ''
      expect(await guest.me()).toEqual({ user: name, cart: [`book of ${name}`], visits: 1 })
      expect(guest.cookie('__Host-ml_session')).toMatch(/^[0-9a-f]{40}$/)
      await guest.send('/add', { item: 'new' })
    }

    await address.run(oldApplication({ store }))
    for (const [index, guest] of guests.entries()) {
      const name = NAMES[index] ?? ''
      expect(await guest.me()).toEqual({ user: name, cart: [`book of ${name}`, 'new'], visits: 2 })
      await guest.send('/add', { item: 'old again' })
    }

    await address.run(newApplication(sessions))
    for (const [index, guest] of guests.entries()) {
      const name = NAMES[index] ?? ''
      expect(await guest.me()).toEqual({ user: name, cart: [`book of ${name}`, 'new', 'old again'], visits: 3 })
    }
    await sessions.close()
  })

  it('who logs out on either side is logged out on both', async () => {
    const store = await open()
    await using address = new Address()
    await address.run(oldApplication({ store }))
    const [here, there, stays] = await Promise.all([loggedIn(address, 'here'), loggedIn(address, 'there'), loggedIn(address, 'stays')])
    const cookies = [here, there].map((guest) => guest.cookieHeader)
    const sessions = movedInto(store, NEXT_WEEK)

    await address.run(newApplication(sessions))
    expect(await usersOf([here, there, stays])).toEqual(['here', 'there', 'stays'])
    cookies.push(here.cookieHeader, there.cookieHeader)
    expect(await here.send('/logout')).toBe(204)
    await address.run(oldApplication({ store }))
    expect(await usersOf([here, there, stays])).toEqual([null, 'there', 'stays'])
    expect(await there.send('/logout')).toBe(204)
    await address.run(newApplication(sessions))
    expect(await usersOf([here, there, stays])).toEqual([null, null, 'stays'])

    for (const cookie of cookies) expect((await address.visitor().me('/look', { headers: { cookie } })).user).toBe(null)
    await address.run(oldApplication({ store }))
    for (const cookie of cookies) expect((await address.visitor().me('/look', { headers: { cookie } })).user).toBe(null)
    expect(await usersOf([stays])).toEqual(['stays'])
    await sessions.close()
  })

  it('without a way back the old session is gone once its user has moved in', async () => {
    const store = await open()
    await using address = new Address()
    await address.run(oldApplication({ store }))
    const guest = await loggedIn(address, 'mover')
    const cookie = guest.cookieHeader
    const sessions = movedInto(store)

    await address.run(newApplication(sessions))
    expect(await guest.me()).toEqual({ user: 'mover', cart: ['book of mover'], visits: 1 })
    expect(guest.cookie('connect.sid')).toBe(undefined)
    expect(await guest.me()).toEqual({ user: 'mover', cart: ['book of mover'], visits: 2 })
    await address.run(oldApplication({ store }))
    expect((await address.visitor().me('/look', { headers: { cookie } })).user).toBe(null)
    await sessions.close()
  })
}
