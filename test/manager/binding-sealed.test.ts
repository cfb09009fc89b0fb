import { describe, expect, it } from 'vitest'
import type { BindingAction } from '../../src/manager/options.ts'
import { openSealedShop } from '../support/sealed-shop.ts'
import type { SealedProcess, SealedShop } from '../support/sealed-shop.ts'
import { sealing, sealingByWeb } from '../support/sealed-rings.ts'
import { refusals, visited } from '../support/visits.ts'
import { keyOf } from './support/shop.ts'

const HOME = { ipAddress: '203.0.113.7', userAgent: 'Amiga/4.1' }
const AWAY = { ipAddress: '2001:db8::666', userAgent: 'Atari/TOS' }

describe.each([
  ['with the runtime’s cryptography', sealing],
  ['with web cryptography', sealingByWeb],
] as const)('CS-SM Binding, where the place is sealed, %s', (_, serializerWith) => {
  async function visitor(
    ipAddress: BindingAction,
  ): Promise<SealedShop & Pick<SealedProcess, 'sessions'> & { readonly id: string; readonly reasons: string[] }> {
    const shop = openSealedShop()
    const { sessions } = shop.processWith(serializerWith('old', { sealMetadata: true }), { binding: { ipAddress } })
    const { sent = '' } = await visited(sessions, [], (session) => session.set('n', 0), HOME)
    shop.driver.forget()
    return { ...shop, sessions, id: sent, reasons: refusals(sessions) }
  }

  it('report tells once, and no place is readable anywhere', async () => {
    const { sessions, id, reasons, driver, recordOf, idle } = await visitor('report')
    for (const where of [HOME, {}, AWAY, AWAY, {}, { ...AWAY, ipAddress: '2001:db8::7' }])
      await visited(sessions, id, () => undefined, where)
    expect(reasons).toEqual(['binding'])
    await visited(sessions, id, () => undefined, HOME)
    expect(reasons).toEqual(['binding', 'binding'])
    expect(driver.methods.filter((method) => method === 'commit')).toHaveLength(2)
    expect(await recordOf(id)).toMatchObject({ ipAddress: undefined, userAgent: undefined })
    expect(JSON.stringify([driver.calls, reasons])).not.toMatch(/203\.0\.113|2001:db8|Amiga|Atari/)
    await idle()
  })

  it('report tells each time in read-only requests', async () => {
    const { sessions, id, reasons } = await visitor('report')
    for (const each of [1, 2]) {
      await visited(sessions, id, () => undefined, { ...AWAY, concurrency: 'readonly' })
      expect(reasons).toHaveLength(each)
    }
  })

  it('rotate gives a new id and stores the new place', async () => {
    const { sessions, id, reasons, idle } = await visitor('rotate')
    const { result, sent = '' } = await visited(sessions, id, (session) => session.get('n'), AWAY)
    expect([result, sent === id]).toEqual([0, false])
    for (const each of [id, sent]) {
      expect((await visited(sessions, each, (session) => [session.ipAddress, session.userAgent], {})).result).toEqual([
        AWAY.ipAddress,
        AWAY.userAgent,
      ])
      await visited(sessions, each, () => undefined, AWAY)
    }
    expect(reasons).toEqual(['binding'])
    await idle()
  })

  it('reject leaves the old record byte for byte, to whom it belongs', async () => {
    const { sessions, memory, id, reasons, idle } = await visitor('reject')
    const before = JSON.stringify(await memory.read(keyOf(id)))
    const { result, sent } = await visited(sessions, id, (session) => [session.isNew, session.all(), session.ipAddress], AWAY)
    expect([result, sent, reasons]).toEqual([[true, {}, AWAY.ipAddress], undefined, ['binding']])
    expect(JSON.stringify(await memory.read(keyOf(id)))).toBe(before)
    expect((await visited(sessions, id, (session) => session.get('n'), HOME)).result).toBe(0)
    await idle()
  })

  it('knows the place that was stored before it was sealed', async () => {
    const shop = openSealedShop()
    const open = shop.processWith(serializerWith('old'))
    const { sent = '' } = await visited(open.sessions, [], (session) => session.set('n', 0), HOME)
    const { sessions } = shop.processWith(serializerWith('old', { sealMetadata: true }), { binding: { ipAddress: 'reject' } })
    expect((await visited(sessions, sent, ({ isNew }) => isNew, AWAY)).result).toBe(true)
    await visited(sessions, sent, (session) => session.set('n', 1), HOME)
    expect(await shop.recordOf(sent)).toMatchObject({ ipAddress: undefined })
    expect((await visited(sessions, sent, ({ isNew }) => isNew, AWAY)).result).toBe(true)
    expect((await visited(sessions, sent, (session) => session.get('n'), HOME)).result).toBe(1)
    await shop.idle()
  })
})
