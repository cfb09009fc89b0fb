// Where a request came from, as the headers of proxies say it; the leftmost part of them is the client's own word.
import { clientAddress } from '../../../src/http/client-address.ts'
import { type TrustProxy, addressFinder } from '../../../src/http/trust-proxy.ts'
import type { Random } from '../../simulation/seeded.ts'
import { type Target, type Trial, holds } from '../target.ts'

const SOCKET = '10.0.0.1'
const TRUSTS: readonly { readonly trust: TrustProxy; readonly most: number }[] = [
  { trust: false, most: 0 },
  { trust: 1, most: 1 },
  { trust: 3, most: 3 },
  { trust: ['10.0.0.0/8', 'fd00::/8'], most: Infinity },
  { trust: { proxies: 2, header: 'forwarded' }, most: 2 },
]
const ADDRESSES = [
  '192.0.2.7',
  '10.1.2.3',
  '2001:db8::1',
  '[2001:db8::1]:443',
  '[fd00::9]',
  '192.0.2.9:8080',
  '::ffff:10.0.0.3',
  'fe80::1%eth0',
  'unknown',
  '_hidden',
  '010.0.0.1',
  '1.2.3',
  '0:0:0:0:0:0:0:0:0',
  '',
]

type Find = ReturnType<typeof addressFinder>

export const target: Target = {
  promise:
    'leads to an address in its one spelling, of the socket or of a place in the header that trusted proxies vouch for, and to nothing else',
  sources: ['src/http/trust-proxy.ts', 'src/http/client-address.ts', 'src/session/ip-address.ts'],
  words: [...ADDRESSES, 'for=', 'for="', ';by=', ', ', '"', '[', ']', ':', '%', '::', 'For=', '\t', '/8'],
  mostBytes: 8192,
  make,
  open: () => trial(addressFinder),
  // It believes one proxy more than it was told to.
  openMistaken: () => trial((option, trust) => addressFinder(option, typeof trust === 'number' ? trust + 1 : trust)),
}

function trial(finder: (option: string, trust: TrustProxy) => Find): Trial {
  const finders = TRUSTS.map(({ trust, most }) => ({ find: finder('trustProxy', trust), most }))
  return {
    run(input) {
      const text = input.toString('latin1')
      const said = text.split(',').toReversed()
      for (const { find, most } of finders) {
        const address = find({ socketAddress: SOCKET, header: () => text })
        holds('there is an address, as the socket has one', address !== undefined)
        holds('an address has one spelling', clientAddress(address) === address, () => String(address))
        if (address === SOCKET) continue
        holds('nobody is believed beyond the trusted proxies', isAmong(address, said.slice(0, most)), () => `${address} in ${text}`)
      }
    },
  }
}

/** Whether one of the parts says this address in some spelling. */
function isAmong(address: string | undefined, parts: readonly string[]): boolean {
  return parts.some((part) => {
    const spellings = part.match(/[\w.:%]+/g) ?? []
    return spellings.flatMap((spelling) => [spelling, spelling.replace(/:\d{1,5}$/, '')]).some((one) => clientAddress(one) === address)
  })
}

function make(random: Random): Buffer {
  const isForwarded = random.below(2) === 0
  const parts = Array.from({ length: random.below(6) }, () => {
    const address = random.pick(ADDRESSES)
    return isForwarded ? random.pick([`for=${address}`, `for="${address}";proto=https`, `by=10.0.0.1; For=${address}`]) : address
  })
  return Buffer.from(parts.join(random.pick([',', ', ', ' ,'])), 'latin1')
}
