import { describe, expect, it } from 'vitest'
import { clientAddress } from '../../src/http/client-address.ts'

describe('clientAddress', () => {
  it('gives an IPv4 address as it is', () => {
    for (const address of ['192.0.2.1', '0.0.0.0', '255.255.255.255', '10.0.0.99']) expect(clientAddress(address)).toBe(address)
  })

  it('takes an IPv4 address out of its IPv6 wrapping, in either spelling', () => {
    expect(clientAddress('::ffff:127.0.0.1')).toBe('127.0.0.1')
    expect(clientAddress('::FFFF:192.0.2.255')).toBe('192.0.2.255')
    expect(clientAddress('::ffff:c000:2ff')).toBe('192.0.2.255')
    expect(clientAddress('0:0:0:0:0:ffff:192.0.2.1')).toBe('192.0.2.1')
  })

  it('writes one IPv6 address in one way, without its zone', () => {
    expect(clientAddress('2001:DB8:0:0::1')).toBe('2001:db8::1')
    expect(clientAddress('fe80::1%eth0')).toBe('fe80::1')
    expect(clientAddress('::1')).toBe('::1')
  })

  it('takes nothing else for an address', () => {
    const others = [
      undefined,
      '',
      '/run/app.sock',
      'localhost',
      '1',
      '010.1.1.1',
      '1.2.3',
      '1.2.3.4.',
      '1.2.3.4.5',
      '256.1.1.1',
      '1.2.3.4 ',
      '::ffff:1.2.3.256',
      '::ffff:01.2.3.4',
      '1::2::3',
      ':',
      '[::1]',
      '::1]/',
      '::g',
      'fe80::1 ',
      '%eth0',
      'a:b',
      'x::1',
    ]
    for (const address of others) expect(clientAddress(address), address).toBeUndefined()
  })
})
