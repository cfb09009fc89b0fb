import { describe, expect, it } from 'vitest'
import type { BindingAction, BindingOptions } from '../../src/manager/options.ts'
import type { OpenRequest } from '../../src/manager/open-session.ts'
import { refusalOf } from '../support/config-refusal.ts'
import { asked, recordUnder, refusals, told, visited } from '../support/visits.ts'
import { idIn, keyOf, openShop, visit } from './support/shop.ts'
import type { Shop } from './support/shop.ts'

type Where = Pick<OpenRequest, 'ipAddress' | 'userAgent'>

const HOME = { ipAddress: '203.0.113.7', userAgent: 'Amiga/4.1' }
const AWAY = { ipAddress: '198.51.100.9', userAgent: 'Amiga/4.1' }

/** A visitor whose session was stored from a place, and the id that the browser has. */
async function visitor(binding: BindingOptions | undefined, where: Where = HOME): Promise<Shop & { id: string; reasons: string[] }> {
  const shop = openShop(binding === undefined ? {} : { binding })
  const { sent = '' } = await visited(shop.sessions, [], (session) => session.set('n', 0), where)
  shop.driver.forget()
  return { ...shop, id: sent, reasons: refusals(shop.sessions) }
}

/** Whether a request is taken to come from elsewhere than the one before. */
async function isMove(binding: BindingOptions, before: Where, now: Where): Promise<boolean> {
  const { sessions, id, reasons, idle } = await visitor(binding, before)
  await visited(sessions, id, () => undefined, { ...now, concurrency: 'readonly' })
  await idle()
  expect(reasons.filter((reason) => reason !== 'binding')).toEqual([])
  return reasons.length > 0
}

const moved = (before: string | undefined, now: string | undefined, bits: Partial<BindingOptions> = {}): Promise<boolean> =>
  isMove({ ipAddress: 'report', ...bits }, { ipAddress: before }, { ipAddress: now })

describe('CS-SM Binding: another address', () => {
  it('is one in another network of 24 bits', async () => {
    expect(await moved('203.0.113.7', '203.0.113.7')).toBe(false)
    expect(await moved('203.0.113.7', '203.0.113.255')).toBe(false)
    expect(await moved('203.0.113.7', '203.0.112.7')).toBe(true)
    expect(await moved('203.0.113.7', '204.0.113.7')).toBe(true)
  })

  it('is one of IPv6 in another network of 64 bits, however it is written', async () => {
    expect(await moved('2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff')).toBe(false)
    expect(await moved('2001:db8:1:2::1', '2001:DB8:0001:0002:0:0:0:9')).toBe(false)
    expect(await moved('2001:db8:1:2::1', '2001:db8:1:3::1')).toBe(true)
    expect(await moved('2001:db8::', '2001:db8:0:0:1::')).toBe(false)
    expect(await moved('fe80::1%eth0', 'fe80::1%eth1')).toBe(false)
  })

  it('is one of the other kind', async () => {
    expect(await moved('203.0.113.7', '2001:db8::7')).toBe(true)
    expect(await moved('2001:db8::7', '203.0.113.7')).toBe(true)
    expect(await moved('0.0.0.0', '::')).toBe(true)
  })

  it('is what the options say, to the bit', async () => {
    expect(await moved('203.0.113.7', '203.0.113.8', { ipv4Bits: 32 })).toBe(true)
    expect(await moved('203.0.113.6', '203.0.113.7', { ipv4Bits: 31 })).toBe(false)
    expect(await moved('10.127.0.1', '10.128.0.1', { ipv4Bits: 9 })).toBe(true)
    expect(await moved('10.127.0.1', '10.128.0.1', { ipv4Bits: 8 })).toBe(false)
    expect(await moved('127.255.255.255', '128.0.0.0', { ipv4Bits: 1 })).toBe(true)
    expect(await moved('128.0.0.0', '255.255.255.255', { ipv4Bits: 1 })).toBe(false)
    expect(await moved('2001:db8::1', '2001:db8::2', { ipv6Bits: 128 })).toBe(true)
    expect(await moved('2001:db8:0:ff::1', '2001:db8:0:0::1', { ipv6Bits: 56 })).toBe(false)
    expect(await moved('2001:db8:0:100::1', '2001:db8:0:0::1', { ipv6Bits: 56 })).toBe(true)
  })

  it('is not the same one of IPv4, which a socket of IPv6 writes in its own way', async () => {
    expect(await moved('::ffff:203.0.113.7', '203.0.113.7')).toBe(false)
    expect(await moved('203.0.113.7', '::ffff:cb00:7107')).toBe(false)
  })

  it('is another one of IPv4 also where a socket of IPv6 writes both in its own way', async () => {
    expect(await moved('::ffff:203.0.113.7', '::ffff:203.0.113.9')).toBe(false)
    expect(await moved('::ffff:203.0.113.7', '::ffff:198.51.100.9')).toBe(true)
  })

  it('is none where one of the two is not known', async () => {
    expect(await moved(undefined, '203.0.113.7')).toBe(false)
    expect(await moved('203.0.113.7', undefined)).toBe(false)
    expect(await moved(undefined, undefined)).toBe(false)
  })
})

describe('CS-SM Binding: another user agent', () => {
  const isOther = (before: string | undefined, now: string | undefined): Promise<boolean> =>
    isMove({ userAgent: 'report' }, { userAgent: before }, { userAgent: now })

  it('is another text, and none where one of the two is not known', async () => {
    expect(await isOther('Amiga/4.1', 'Amiga/4.1')).toBe(false)
    expect(await isOther('Amiga/4.1', 'Amiga/4.2')).toBe(true)
    expect(await isOther('Amiga/4.1', '')).toBe(true)
    expect(await isOther(undefined, 'Amiga/4.1')).toBe(false)
    expect(await isOther('Amiga/4.1', undefined)).toBe(false)
  })

  it('is not the same text again, however long it is and whatever is in it', async () => {
    for (const odd of ['x'.repeat(9000), `${'x'.repeat(511)}😀`, 'a\u0000b\r\nc', '\ud800', '\u2028', ' '])
      expect(await isOther(odd, odd)).toBe(false)
  })
})

describe('CS-SM Binding: with both in another place', () => {
  const ACTIONS = ['off', 'report', 'rotate', 'reject'] as const
  const pairs = ACTIONS.flatMap((ipAddress) => ACTIONS.map((userAgent) => [ipAddress, userAgent] as const))

  it.each(pairs)('the more severe of %s and %s is done', async (ipAddress, userAgent) => {
    const { sessions, id, reasons, idle } = await visitor({ ipAddress, userAgent })
    const { result, sent } = await visited(sessions, id, ({ isNew }) => isNew, { ipAddress: '2001:db8::1', userAgent: 'Atari/TOS' })
    await idle()
    const done: BindingAction = reasons.length === 0 ? 'off' : result ? 'reject' : sent !== undefined && sent !== id ? 'rotate' : 'report'
    const severe = Math.max(ACTIONS.indexOf(ipAddress), ACTIONS.indexOf(userAgent))
    expect([done, reasons.length]).toEqual([ACTIONS[severe], severe === 0 ? 0 : 1])
  })

  it('what is off counts for nothing', async () => {
    expect(await isMove({ ipAddress: 'reject' }, HOME, { ...HOME, userAgent: 'Atari/TOS' })).toBe(false)
    expect(await isMove({ userAgent: 'reject' }, HOME, { ...HOME, ipAddress: '2001:db8::1' })).toBe(false)
  })
})

describe('CS-SM Binding: report', () => {
  it('tells once, since the new place is stored, and leaves the session as it is', async () => {
    const { sessions, id, reasons, memory, driver, idle } = await visitor({ ipAddress: 'report' })
    const { result, sent } = await visited(sessions, id, (session) => [session.isNew, session.id, session.get('n')], AWAY)
    expect([result, sent, reasons]).toEqual([[false, id, 0], undefined, ['binding']])
    expect(driver.methods).toEqual(['acquire', 'commit'])
    expect(await recordUnder(memory, id)).toMatchObject(AWAY)
    for (const where of [AWAY, AWAY, {}]) await visited(sessions, id, () => undefined, where)
    expect(reasons).toEqual(['binding'])
    await visited(sessions, id, () => undefined, HOME)
    expect(reasons).toEqual(['binding', 'binding'])
    await idle()
  })

  it('tells each time in read-only requests, which store nothing', async () => {
    const { sessions, id, reasons, memory } = await visitor({ ipAddress: 'report' })
    for (const each of [1, 2, 3]) {
      const { result } = await visited(sessions, id, (session) => session.get('n'), { ...AWAY, concurrency: 'readonly' })
      expect([result, reasons.length]).toEqual([0, each])
    }
    expect(await recordUnder(memory, id)).toMatchObject(HOME)
  })

  it('tells again after a request that failed, since nothing of that was stored', async () => {
    const { sessions, id, reasons, memory, idle } = await visitor({ ipAddress: 'report' })
    const open = await visit(sessions, id, AWAY)
    await open.discard(new Error('the handler threw'))
    expect(await recordUnder(memory, id)).toMatchObject(HOME)
    await visited(sessions, id, () => undefined, AWAY)
    expect(reasons).toEqual(['binding', 'binding'])
    await idle()
  })

  it('tells of the key, and neither of the id nor of any place', async () => {
    const { sessions, id } = await visitor({ ipAddress: 'report' })
    const events = told(sessions, 'refused')
    await visited(sessions, id, () => undefined, AWAY)
    expect(events).toMatchObject([{ reason: 'binding', key: keyOf(id) }])
    expect(JSON.stringify(events)).not.toMatch(new RegExp(`${id}|203\\.0\\.113|198\\.51|Amiga`))
  })

  it('of two at once from the new place only the first tells', async () => {
    const { sessions, id, reasons, idle } = await visitor({ ipAddress: 'report' })
    await Promise.all([1, 2].map(() => visited(sessions, id, (session) => session.increment('n'), AWAY)))
    expect([reasons, await asked(sessions, id, (session) => session.get('n'))]).toEqual([['binding'], 2])
    await idle()
  })
})

it('without the option nothing is bound to any place', async () => {
  const { sessions, id, reasons } = await visitor(undefined)
  const open = await visit(sessions, id, { ipAddress: '2001:db8::1', userAgent: 'Atari/TOS' })
  expect([open.session.id, idIn((await open.commit()).setCookie), reasons]).toEqual([id, undefined, []])
})

it('what cannot be meant is refused when the manager is made', () => {
  const wrong: readonly [unknown, string][] = [
    [{ ipAddress: 'log' }, 'binding.ipAddress'],
    [{ userAgent: true }, 'binding.userAgent'],
    [{ ipv4Bits: 0 }, 'binding.ipv4Bits'],
    [{ ipv4Bits: 33 }, 'binding.ipv4Bits'],
    [{ ipv6Bits: 129 }, 'binding.ipv6Bits'],
    [{ ipv6Bits: 63.5 }, 'binding.ipv6Bits'],
    [{ address: 'report' }, 'binding.address'],
    ['report', 'binding'],
    [null, 'binding'],
  ]
  for (const [binding, option] of wrong) {
    expect(refusalOf(() => Reflect.apply(openShop, undefined, [{ binding }]))).toMatch(new RegExp(`^Option '${option}'`))
  }
})
