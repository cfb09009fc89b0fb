import { describe, expect, it } from 'vitest'
import { NativeSerializer } from '../../src/serializers/native.ts'
import type { Session } from '../../src/session/session.ts'
import { openShop } from '../manager/support/shop.ts'
import { newSession, requests } from './support.ts'

/** What the next request sees of one key. */
async function nextSees(key: string, ...each: readonly ((session: Session) => unknown)[]): Promise<unknown> {
  let seen: unknown
  await requests(openShop(), ...each, (session) => {
    seen = session.getFlash(key)
  })
  return seen
}

describe('flash data', () => {
  it('S-111: getFlash gives the default for a miss and for null', async () => {
    const session = await newSession()
    session.flash('nothing', null)
    session.flash('zero', 0)
    expect([session.getFlash('nothing', 'x'), session.getFlash('missing', 'x'), session.getFlash('zero', 'x')]).toEqual(['x', 'x', 0])
    expect(session.getFlash('missing')).toBeUndefined()
  })

  it('S-117: a key is taken as it is written, dots and all', async () => {
    const session = await newSession()
    session.flash('form.name', 'Ada')
    expect(session.getFlash('form.name')).toBe('Ada')
    expect(session.getFlash('form')).toBeUndefined()
    expect(session.flashes.visible()).toEqual({ 'form.name': 'Ada' })
  })

  it('S-118: the last write wins', async () => {
    expect(await nextSees('k', (session) => [session.flash('k', 1), session.flash('k', 2)])).toBe(2)
  })

  it('S-118: flash over what the request before left makes it new', async () => {
    expect(
      await nextSees(
        'k',
        (session) => session.flash('k', 'old'),
        (session) => session.flash('k', 'new'),
      ),
    ).toBe('new')
  })

  it('S-118: reflash and flash give the new value, in whichever order', async () => {
    const flashed = (session: Session): void => session.flash('k', 'old')
    expect(await nextSees('k', flashed, (session) => [session.reflash(), session.flash('k', 'new')])).toBe('new')
    expect(await nextSees('k', flashed, (session) => [session.flash('k', 'new'), session.reflash()])).toBe('new')
  })

  it('S-121: keys that look like numbers stay what they are when they are kept', async () => {
    let seen: unknown
    await requests(
      openShop(),
      (session) => ['5', '07', '-1'].forEach((key) => session.flash(key, key)),
      (session) => session.reflash(),
      (session) => session.keep('5', '-1'),
      (session) => {
        seen = session.flashes.visible()
      },
    )
    expect(seen).toEqual({ '5': '5', '-1': '-1' })
  })

  it('S-122: values are those that attributes can be, or are refused by their path', async () => {
    const due = new Date(0)
    expect(await nextSees('k', (session) => session.flash('k', { due, count: 1n, ratio: 1.0 }))).toEqual({ due, count: 1n, ratio: 1 })
    await expect(nextSees('k', (session) => session.flash('k', { call: () => 1 }))).rejects.toThrow("'k.call' is a function")
  })

  it('S-123: goes through the serializer as the payload does, so that one that seals, seals both', async () => {
    const native = new NativeSerializer()
    const fields: string[] = []
    const shop = openShop({
      serializer: {
        prepare: (value, context) => {
          fields.push(context.field)
          const text = native.prepare(value, context)
          return text === undefined ? undefined : `sealed${text}`
        },
        restore: (text) => native.restore(text.slice('sealed'.length)),
      },
    })
    await shop.stored((session) => [session.set('a', 1), session.flash('k', 'secret')])
    const [key] = (await shop.memory.list()).sessions.map((listed) => listed.key)
    const found = key === undefined ? undefined : await shop.memory.read(key)
    if (found?.kind !== 'record') throw new Error('nothing was stored')
    expect(found.record.flash).toBe('sealed{"k":"secret"}')
    expect(found.record.payload).toMatch(/^sealed\{/)
    expect(fields.toSorted()).toEqual(['flash', 'payload'])
  })

  it('S-125: flash has no default value', async () => {
    const session = await newSession()
    // @ts-expect-error -- the value is missing
    session.flash('k')
    expect(session.getFlash('k', 'nothing')).toBe('nothing')
  })
})
