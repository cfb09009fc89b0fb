import { describe, expect, it } from 'vitest'
import { openSealedShop } from '../support/sealed-shop.ts'
import { EncryptedSerializer } from '../../src/serializers/encrypted.ts'
import { keyNamesOf, ringKey, sealing, sealingByWeb } from '../support/sealed-rings.ts'
import { gate, keyOf } from './support/shop.ts'
import { turns } from './support/idle.ts'

const BOTH_OLD = ['v1', 'v1']
const BOTH_NEW = ['v2', 'v2']

describe.each([
  ['with the runtime’s cryptography', sealing],
  ['with web cryptography', sealingByWeb],
] as const)('what a sealed session costs, %s', (_, serializerWith) => {
  it('a request that changes nothing writes nothing, whatever it looked at', async () => {
    const shop = openSealedShop()
    const { sessions, stored } = shop.processWith(serializerWith('old'))
    const id = await stored((session) => {
      session.set('user', { name: 'Ada', roles: new Set(['a']) })
      session.flash('status', { text: 'Hi' })
      session.setUserId(7)
    })
    const before = await shop.recordOf(id)
    await sessions.run(id, (session) => {
      session.get('user')
      session.set('user.name', 'Ada')
      session.getFlash('status')
      session.reflash()
      session.token()
      session.setUserId('7')
    })
    await sessions.run(id, () => undefined, { concurrency: 'readonly' })
    expect(shop.driver.methods).toEqual(['acquire', 'unlock', 'read'])
    expect(await shop.recordOf(id)).toEqual(before)
    await shop.idle()
  })

  it('a request that changed its data leaves the sealed flash text as it is', async () => {
    const shop = openSealedShop()
    const { sessions, stored } = shop.processWith(serializerWith('old'))
    const id = await stored()
    const before = await shop.recordOf(id)
    await sessions.run(id, (session) => session.increment('n'))
    const after = await shop.recordOf(id)
    expect(after?.payload).not.toBe(before?.payload)
    expect(after?.flash).toBe(before?.flash)
    await shop.idle()
  })

  it('a session under an old key is sealed anew by the next request that may write, though nothing changed', async () => {
    const shop = openSealedShop()
    const id = await shop.processWith(serializerWith('old')).stored((session) => {
      session.set('user', { name: 'Ada' })
      session.flash('status', 'Hi')
    })
    const now = shop.processWith(serializerWith('activated'))
    await now.sessions.run(
      id,
      (session) => {
        expect(session.get('user')).toEqual({ name: 'Ada' })
      },
      { concurrency: 'readonly' },
    )
    expect(shop.driver.methods).toEqual(['read'])
    expect(keyNamesOf(await shop.recordOf(id))).toEqual(BOTH_OLD)

    await now.sessions.run(id, (session) => session.reflash())
    expect(shop.driver.methods).toEqual(['read', 'acquire', 'commit'])
    expect(keyNamesOf(await shop.recordOf(id))).toEqual(BOTH_NEW)
    expect(now.events.map(({ kind }) => kind)).toEqual(['committed'])

    shop.driver.forget()
    await now.sessions.run(id, (session) => {
      expect([session.get('user'), session.getFlash('status')]).toEqual([{ name: 'Ada' }, 'Hi'])
      session.reflash()
    })
    expect(shop.driver.methods).toEqual(['acquire', 'unlock'])
    await shop.idle()
  })

  it('a request that threw, or was discarded, leaves a session under its old key', async () => {
    const shop = openSealedShop()
    const id = await shop.processWith(serializerWith('old')).stored()
    const before = await shop.recordOf(id)
    const { sessions } = shop.processWith(serializerWith('activated'))
    const oops = new Error('oops')
    await expect(sessions.run(id, () => Promise.reject(oops))).rejects.toBe(oops)
    const released = await sessions.start(id)
    await released.release()
    expect(await shop.recordOf(id)).toEqual(before)
    await shop.idle()
  })

  it('while a new key is added, both old and new processes write and read', async () => {
    const shop = openSealedShop()
    const old = shop.processWith(serializerWith('old')).sessions
    const added = shop.processWith(serializerWith('added')).sessions
    const activated = shop.processWith(serializerWith('activated')).sessions
    const id = await old.run(undefined, (session) => {
      session.set('n', 0)
      return session.id
    })
    for (const [sessions, keys] of [
      [added, BOTH_OLD],
      [old, BOTH_OLD],
      [activated, BOTH_NEW],
      [added, BOTH_OLD],
      [activated, BOTH_NEW],
      [added, BOTH_OLD],
      [old, BOTH_OLD],
    ] as const) {
      await sessions.run(id, (session) => session.increment('n'))
      expect(keyNamesOf(await shop.recordOf(id))).toEqual(keys)
    }
    expect(await activated.run(id, (session) => session.get('n'))).toBe(7)
    await shop.idle()
  })

  it('a key under another name opens what it sealed, and seals it anew under that name', async () => {
    const shop = openSealedShop()
    const id = await shop.processWith(serializerWith('old')).stored()
    const keys = { again: { key: ringKey('v1'), state: 'opens' }, v2: { key: ringKey('v2'), state: 'seals' } } as const
    const { sessions, peek } = shop.processWith(new EncryptedSerializer({ keys }))
    expect(await peek(id)).toMatchObject({ n: 0 })
    await sessions.run(id, () => undefined)
    expect(keyNamesOf(await shop.recordOf(id))).toEqual(BOTH_NEW)
    await shop.idle()
  })

  it('a key whose name another key has now opens what it sealed, and it is sealed anew', async () => {
    const shop = openSealedShop()
    const id = await shop.processWith(serializerWith('old')).stored()
    const keys = { v1: { key: ringKey('v2'), state: 'seals' }, before: { key: ringKey('v1'), state: 'opens' } } as const
    const { sessions } = shop.processWith(new EncryptedSerializer({ keys }))
    await sessions.run(id, () => undefined)
    const { peek } = shop.processWith(new EncryptedSerializer({ keys: { v1: ringKey('v2') } }))
    expect(await peek(id)).toMatchObject({ n: 0 })
    await shop.idle()
  })

  it.each([true, false])('a session that moves to a new id is sealed for that id, under the new key (login: %s)', async (destroy) => {
    const shop = openSealedShop()
    const old = shop.processWith(serializerWith('old'))
    const id = await old.stored((session) => session.set('user', { name: 'Ada' }))
    const { sessions } = shop.processWith(serializerWith('activated'))
    const next = await sessions.run(id, async (session) => {
      await session.regenerate({ destroy })
      return session.id
    })
    expect(next).not.toBe(id)
    expect(keyNamesOf(await shop.recordOf(next))).toEqual(BOTH_NEW)
    expect(await sessions.run(next, (session) => session.get('user'))).toEqual({ name: 'Ada' })
    if (!destroy) expect(await sessions.run(id, (session) => [session.id, session.get('user')])).toEqual([next, { name: 'Ada' }])
    await shop.idle()
  })

  it('a session goes from request to request of one process, each opening what the one before sealed', async () => {
    const shop = openSealedShop()
    const id = await shop.processWith(serializerWith('old')).stored()
    const { sessions } = shop.processWith(serializerWith('activated'))
    const seen: unknown[] = []
    await Promise.all(
      Array.from({ length: 8 }, (__, index) =>
        sessions.run(id, (session) => {
          seen.push([session.get('n'), session.getFlash('from')])
          session.increment('n')
          session.flash('from', index)
        }),
      ),
    )
    expect(seen).toEqual([[0, undefined], ...Array.from({ length: 7 }, (__, index) => [index + 1, index])])
    expect(shop.driver.methods.filter((method) => method === 'acquire')).toHaveLength(1)
    await shop.idle()
  })

  it('a session that is saved and kept open goes on, and is written again only when it changes again', async () => {
    const shop = openSealedShop()
    const id = await shop.processWith(serializerWith('old')).stored()
    const { sessions } = shop.processWith(serializerWith('activated'))
    const session = await sessions.start(id)
    await session.save({ keepOpen: true })
    expect(keyNamesOf(await shop.recordOf(id))).toEqual(BOTH_NEW)
    await session.save({ keepOpen: true })
    expect(shop.driver.methods).toEqual(['acquire', 'commit'])
    session.increment('n')
    await session.save({ keepOpen: true })
    session.flash('status', 'Hi')
    await session.save()
    expect(shop.driver.methods).toEqual(['acquire', 'commit', 'commit', 'commit'])
    expect(await sessions.run(id, (again) => [again.get('n'), again.getFlash('status')])).toEqual([1, 'Hi'])
    await shop.idle()
  })

  it('a new session that is saved and kept open goes on', async () => {
    const shop = openSealedShop()
    const { sessions } = shop.processWith(serializerWith('old'))
    const session = await sessions.start()
    session.set('n', 1)
    await session.save({ keepOpen: true })
    session.increment('n')
    await session.save()
    expect(await sessions.run(session.id, (again) => again.get('n'))).toBe(2)
    await shop.idle()
  })

  it('a reload reads what is stored under whichever key, and what was set since is gone', async () => {
    const shop = openSealedShop()
    const id = await shop.processWith(serializerWith('old')).stored()
    const { sessions } = shop.processWith(serializerWith('activated'))
    const session = await sessions.start(id)
    session.set('n', 99)
    await session.reload()
    expect(session.get('n')).toBe(0)
    session.increment('n')
    await session.save({ keepOpen: true })
    session.set('n', 99)
    await session.reload()
    expect(session.get('n')).toBe(1)
    await session.save()
    expect(keyNamesOf(await shop.recordOf(id))).toEqual(BOTH_NEW)
    await shop.idle()
  })

  it('a change made while the text of another is being sealed is not lost', async () => {
    const shop = openSealedShop()
    const { sessions, stored } = shop.processWith(serializerWith('old'))
    const id = await stored()
    const session = await sessions.start(id)
    session.set('n', 1)
    const sent = gate()
    shop.driver.beforeNext('commit', () => sent.opened)
    const saving = session.save({ keepOpen: true })
    session.set('late', true)
    await turns(3)
    session.set('later', true)
    sent.open()
    await saving
    await session.save()
    const held = await sessions.run(id, (again) => [again.get('n'), again.get('late'), again.get('later')])
    expect(held).toEqual([1, true, true])
    expect(shop.driver.keys).toEqual([keyOf(id)])
    await shop.idle()
  })
})
