import { attack } from '../seal/attack.ts'
import type { Tally } from '../seal/outcome.ts'
import type { Figure, FigureRow } from './figure.ts'

const sizes = {
  full: { envelopes: 1000, fuzzed: 1_000_000, byWeb: { envelopes: 40, fuzzed: 100_000 } },
  small: { envelopes: 20, fuzzed: 20_000, byWeb: { envelopes: 2, fuzzed: 1000 } },
}

export const figure: Figure = {
  name: 'seal-forgeries',
  title: 'Sealed sessions that were changed, moved or made up, and what opened',
  async run(size, { seed, log }) {
    const run = sizes[size]
    const { byNode, byWeb, leniently, ...result } = await attack({ ...run, seed, log })
    const rows = [...byNode.byKind].map(([kind, node]): FigureRow => {
      const web = byWeb.of(kind)
      return {
        'what was tried': kind,
        'tries by node:crypto': node.tries,
        'tries by WebCrypto': web.tries,
        opened: node.opened + web.opened,
        crashes: node.crashes + web.crashes,
      }
    })
    const sealed = leniently.of('says that it is sealed')
    const plain = leniently.of('a plain text')
    const all = [byNode.total, byWeb.total, sealed]
    const sum = (of: (tally: Tally) => number): number => all.reduce((total, tally) => total + of(tally), 0)
    return {
      counts: {
        envelopes: run.envelopes,
        ...result,
        fuzzed: run.fuzzed,
        tries: sum(({ tries }) => tries),
        opened: sum(({ opened }) => opened),
        crashes: sum(({ crashes }) => crashes) + plain.crashes,
        takenForPlain: sealed.opened,
        plainTextsTried: plain.tries,
      },
      rows: [
        ...rows,
        {
          'what was tried': 'of the last five: what says that it is sealed, with acceptPlaintext',
          'tries by node:crypto': sealed.tries,
          'tries by WebCrypto': '',
          opened: sealed.opened,
          crashes: sealed.crashes,
        },
      ],
    }
  },
}
