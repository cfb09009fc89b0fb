import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { addressFinder } from '../../src/http/trust-proxy.ts'
import type { TrustProxy } from '../../src/http/trust-proxy.ts'

/** The address that is found for a request from this socket with these headers. */
function found(trust: TrustProxy, socketAddress: string | undefined, headers: Readonly<Record<string, string>> = {}): string | undefined {
  return addressFinder('session.trustProxy', trust)({ socketAddress, header: (name) => headers[name] })
}

const said = (value: string): Record<string, string> => ({ 'x-forwarded-for': value })

describe('where a request came from', () => {
  it('ASVS-15.3.4: without trusted proxies it is the socket, whatever the headers say', () => {
    const headers = { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.9', 'x-real-ip': '203.0.113.9' }
    expect(found(false, '192.0.2.1', headers)).toBe('192.0.2.1')
    expect(found(false, '::ffff:192.0.2.1', headers)).toBe('192.0.2.1')
    expect(found(false, undefined, headers)).toBeUndefined()
  })

  it('counts proxies from the right, so that what a client wrote before them is not believed', () => {
    const headers = said('198.51.100.66, 203.0.113.9, 10.0.0.2')
    expect(found(1, '10.0.0.1', headers)).toBe('10.0.0.2')
    expect(found(2, '10.0.0.1', headers)).toBe('203.0.113.9')
    expect(found(3, '10.0.0.1', headers)).toBe('198.51.100.66')
    expect(found(9, '10.0.0.1', headers)).toBe('198.51.100.66')
    expect(found(1, '10.0.0.1')).toBe('10.0.0.1')
  })

  it('goes on as long as proxies are in trusted networks', () => {
    const headers = said('198.51.100.66, 203.0.113.9, 10.0.0.2')
    expect(found(['10.0.0.0/8'], '10.0.0.1', headers)).toBe('203.0.113.9')
    expect(found(['10.0.0.1'], '10.0.0.1', headers)).toBe('10.0.0.2')
    expect(found(['10.0.0.0/8'], '203.0.113.1', headers)).toBe('203.0.113.1')
    expect(found(['10.0.0.0/8'], '::ffff:10.0.0.1', headers)).toBe('203.0.113.9')
    expect(found(['fd00::/8', '::1'], '::1', said('2001:db8::7, fd12::3'))).toBe('2001:db8::7')
    expect(found(['192.0.2.128/25'], '192.0.2.129', said('1.1.1.1'))).toBe('1.1.1.1')
    expect(found(['192.0.2.128/25'], '192.0.2.127', said('1.1.1.1'))).toBe('192.0.2.127')
    expect(found(['0.0.0.0/0'], '192.0.2.127', said('1.1.1.1'))).toBe('1.1.1.1')
  })

  it('takes one header only, the one that the proxies set, Forwarded too (S-357)', () => {
    const headers = { 'x-forwarded-for': '203.0.113.1', forwarded: 'proto=https;for="[2001:db8:cafe::17]:4711", For=10.0.0.2:80' }
    expect(found({ proxies: 1, header: 'forwarded' }, '10.0.0.1', headers)).toBe('10.0.0.2')
    expect(found({ proxies: 2, header: 'forwarded' }, '10.0.0.1', headers)).toBe('2001:db8:cafe::17')
    expect(found({ proxies: 2 }, '10.0.0.1', headers)).toBe('203.0.113.1')
    expect(found(1, '10.0.0.1', { forwarded: 'for=203.0.113.9' })).toBe('10.0.0.1')
  })

  it('takes no address out of what a proxy quotes, such as a Host that a client has made up', () => {
    const last = (forwarded: string): string | undefined => found({ proxies: 1, header: 'forwarded' }, '10.0.0.1', { forwarded })
    expect(last('proto=http;host="a;for=198.51.100.66";for=203.0.113.9')).toBe('203.0.113.9')
    expect(last(String.raw`host="a\";for=198.51.100.66";for="203.0.113.9:80"`)).toBe('203.0.113.9')
    expect(last(String.raw`host="a\\";for=203.0.113.9`)).toBe('203.0.113.9')
    expect(last('proto=http;host="a,for=198.51.100.66;x";for=203.0.113.9')).toBe('10.0.0.1')
    expect(last(String.raw`for="open, x=\, proto=http;for=203.0.113.9`)).toBe('203.0.113.9')
  })

  it('stops at what is no address: it is the one that said so', () => {
    for (const nonsense of [
      'unknown',
      '_hidden',
      '',
      '1.2.3',
      '256.1.1.1',
      'evil\u0000',
      '<script>',
      '1.2.3.4.5',
      '[::1',
      '::1]',
      '1.2.3.4:999999',
    ]) {
      expect(found(3, '10.0.0.1', said(`203.0.113.9, ${nonsense}, 10.0.0.2`)), nonsense).toBe('10.0.0.2')
      expect(
        found({ proxies: 3, header: 'forwarded' }, '10.0.0.1', { forwarded: `for=203.0.113.9, for="${nonsense}", for=10.0.0.2` }),
        nonsense,
      ).toBe('10.0.0.2')
    }
    expect(found({ proxies: 2, header: 'forwarded' }, '10.0.0.1', { forwarded: 'for=203.0.113.9, by=10.0.0.9' })).toBe('10.0.0.1')
  })

  it('takes ports off, and zones', () => {
    expect(found(1, '10.0.0.1', said('203.0.113.9:4711'))).toBe('203.0.113.9')
    expect(found(1, '10.0.0.1', said('[2001:DB8::1]:443'))).toBe('2001:db8::1')
    expect(found(1, '10.0.0.1', said('2001:db8::1'))).toBe('2001:db8::1')
    expect(found(1, '10.0.0.1', said('fe80::1%eth0'))).toBe('fe80::1')
  })

  it('gives an address or nothing, whatever is in the header', () => {
    const address = /^(?:[\d.]+|[\da-f:]+)$/
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.constantFrom<TrustProxy>(1, 5, ['10.0.0.0/8'], { proxies: 4, header: 'forwarded' }),
        (text, trust) => {
          expect(found(trust, '10.0.0.1', { 'x-forwarded-for': text, forwarded: `for=${text}` })).toMatch(address)
        },
      ),
    )
  })

  it('no address in front of the first untrusted one is ever taken', () => {
    fc.assert(
      fc.property(fc.array(fc.ipV4()), fc.array(fc.nat(255), { maxLength: 4 }), (forged, inner) => {
        const proxies = inner.map((last) => `10.0.0.${last}`)
        const list = [...forged, '203.0.113.9', ...proxies].join(', ')
        expect(found(['10.0.0.0/8'], '10.0.0.1', said(list))).toBe('203.0.113.9')
      }),
    )
  })

  it('refuses what cannot be meant, and says what can', () => {
    const wrong: unknown[] = [
      true,
      0,
      -1,
      1.5,
      33,
      'loopback',
      [],
      ['nonsense'],
      ['10.1.0.0/8'],
      ['10.0.0.0/33'],
      ['10.0.0.0/'],
      ['10.0.0.0/8/8'],
      [10],
      {},
      { proxies: 'x' },
      { proxies: 1, header: 'x-real-ip' },
      { proxies: 1, hops: 2 },
      null,
    ]
    for (const trust of wrong) {
      expect(() => addressFinder('session.trustProxy', trust as TrustProxy), JSON.stringify(trust)).toThrow(/^Option 'session\.trustProxy/)
    }
  })
})
