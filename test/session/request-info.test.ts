import { describe, expect, it } from 'vitest'
import { ipAddressOf, userAgentOf, userIdOf } from '../../src/session/request-info.ts'

const refusal = (message: RegExp) =>
  expect.objectContaining({ code: 'ERR_SESSION_INVALID_ARGUMENT', message: expect.stringMatching(message) })

describe('a user id', () => {
  it.each([
    [42, '42'],
    [0, '0'],
    [-1, '-1'],
    ['42', '42'],
    ['0', '0'],
    ['Zoë 🐵', 'Zoë 🐵'],
    ['x'.repeat(255), 'x'.repeat(255)],
  ])('%s is kept as text (S-135)', (id, kept) => {
    expect(userIdOf(id)).toBe(kept)
  })

  it('null and undefined are nobody', () => {
    expect([userIdOf(null), userIdOf(undefined)]).toEqual([undefined, undefined])
  })

  const refused = ['', 'x'.repeat(256), 'a\nb', 'a\0', 'a\ud83d', '\udc35', 'a\u2028b', 1.5, NaN, Infinity, 2 ** 53, true, {}, ['7'], 7n]

  // Half a character has no place in a database: a column for 255 characters held fewer than 50 of them.
  it.each(refused)('%o is refused and not shown', (id) => {
    expect(() => userIdOf(id)).toThrow(
      refusal(/^setUserId: a user id must be a text of 1 to 255 printable characters, a safe integer, or null\.$/),
    )
  })
})

describe('an address', () => {
  it.each([
    '0.0.0.0',
    '192.0.2.1',
    '255.255.255.255',
    '::',
    '::1',
    '2001:db8::1',
    'FE80::A',
    '::ffff:192.0.2.1',
    '1:2:3:4:5:6:7:8',
    '0000:0000:0000:0000:0000:ffff:255.255.255.255',
  ])('%s is kept as it is (S-133)', (address) => {
    expect(ipAddressOf(address)).toBe(address)
  })

  it('the zone of an IPv6 address is cut off', () => {
    expect([ipAddressOf('fe80::1%eth0'), ipAddressOf('fe80::1%25\r\nx')]).toEqual(['fe80::1', 'fe80::1'])
  })

  it.each([
    '',
    '%',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4 ',
    '1.2.3.4.',
    '.1.2.3',
    '1..2.3',
    '0x7f.1.1.1',
    '1.2.3.4:80',
    '1.2.3.4%eth0',
    '1.2.3.4\n',
    ':',
    ':::',
    '1:2',
    '1::2::3',
    '12345::',
    'g::1',
    '[::1]',
    '::1]',
    '::1]:80',
    '::1]/[',
    '::1]?[::1',
    ':\t:1',
    ':\n:1',
    '::1/64',
    '1:2:3:4:5:6:7:8:9',
    '::256.1.1.1',
    'localhost',
    'unknown',
    'x'.repeat(5000),
    7,
    {},
    true,
  ])('%o is refused and not shown', (address) => {
    expect(() => ipAddressOf(address)).toThrow(
      refusal(/^setIpAddress: that is neither an IPv4 nor an IPv6 address\. Give the bare address, without a port, or null\.$/),
    )
  })

  it('null and undefined are none', () => {
    expect([ipAddressOf(null), ipAddressOf(undefined)]).toEqual([undefined, undefined])
  })
})

describe('a user agent', () => {
  it('is cut after 512 characters (S-134)', () => {
    expect(userAgentOf('x'.repeat(100_000))).toBe('x'.repeat(512))
  })

  it('can stand in a log line: control characters, line separators and halves of characters are replaced (ASVS-16.4.1)', () => {
    expect(userAgentOf('a\r\nb\tc\0d\u001b[31me\u007ff\u0085g\u2028h\u2029i\ud800j')).toBe(
      'a\ufffd\ufffdb\ufffdc\ufffdd\ufffd[31me\ufffdf\ufffdg\ufffdh\ufffdi\ufffdj',
    )
    expect(userAgentOf(`${'x'.repeat(511)}🐵`)).toBe(`${'x'.repeat(511)}\ufffd`)
    expect(userAgentOf('Zoë 🐵/1.0 (x; y)')).toBe('Zoë 🐵/1.0 (x; y)')
  })

  it('null and undefined are none, anything but text is refused', () => {
    expect([userAgentOf(null), userAgentOf(undefined), userAgentOf('')]).toEqual([undefined, undefined, ''])
    for (const value of [5, ['x'], {}]) expect(() => userAgentOf(value)).toThrow(refusal(/^setUserAgent: /))
  })
})
