// The ids in a `Cookie` header, as a client or anybody on the way wrote it.
import { type CookiePolicy, cookiePolicy } from '../../../src/http/cookie.ts'
import type { Random } from '../../simulation/seeded.ts'
import { type Target, type Trial, holds } from '../target.ts'

/** Names such that one is in another, and one is in itself. */
const POLICIES: readonly CookiePolicy[] = [
  cookiePolicy('session'),
  cookiePolicy('session', { secure: 'auto' }),
  cookiePolicy('aa', { secure: false }),
  cookiePolicy('a', { prefix: 'none' }),
]
const NAMES = ['__Host-session', 'session', 'aa', 'a', 'aaa', 'xsession', '', '__proto__']
const IDS = ['0', '1', 'ab', 'f'].map((part) => part.padEnd(40, '0123456789abcdef'))
const BETWEEN = ['; ', ';', ' ;\t', ', ', ';;', '=', ' ']
const MOST_IDS = 4

type Read = (policy: CookiePolicy, header: string, isHttps: boolean) => readonly string[]

export const target: Target = {
  promise: 'gives the ids that a reader finds who cuts it at each semicolon, at most four, and takes time that grows with its length only',
  sources: ['src/http/cookie.ts', 'src/session/id.ts'],
  words: [...NAMES, ...IDS, ...BETWEEN, '"', '\t', '\0', '\r\n', '\u00a0', '=='],
  mostBytes: 16_384,
  make,
  open: () => trial((policy, header, isHttps) => policy.read({ cookieHeader: header, isHttps })),
  // It takes a name for another that ends so.
  openMistaken: () => trial((policy, header, isHttps) => idsOf(header, (name) => name.endsWith(policy.form(isHttps).name))),
}

function trial(read: Read): Trial {
  return {
    run(input) {
      // As Node.js hands headers on.
      const header = input.toString('latin1')
      for (const policy of POLICIES) {
        for (const isHttps of [true, false]) {
          const ids = read(policy, header, isHttps)
          const { name } = policy.form(isHttps)
          const expected = idsOf(header, (own) => own === name)
          holds(
            'the ids are those that a naive reader finds',
            ids.join() === expected.join(),
            () => `${ids.join()}, not ${expected.join()}`,
          )
          for (const id of ids) {
            const form = policy.form(isHttps)
            holds('an id that is written is read', read(policy, form.head + id, isHttps).join() === id)
          }
        }
      }
    },
  }
}

/** Slower than the real one, and easier to believe. */
function idsOf(header: string, isIts: (name: string) => boolean): string[] {
  const ids = header.split(';').flatMap((pair) => {
    const equals = pair.indexOf('=')
    const value = withoutBlanks(pair.slice(equals + 1))
    return equals !== -1 && isIts(withoutBlanks(pair.slice(0, equals))) && /^[0-9a-f]{40}$/.test(value) ? value : []
  })
  return [...new Set(ids)].slice(0, MOST_IDS)
}

function withoutBlanks(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && ' \t'.includes(text.charAt(start))) start += 1
  while (end > start && ' \t'.includes(text.charAt(end - 1))) end -= 1
  return text.slice(start, end)
}

function make(random: Random): Buffer {
  const pairs = Array.from({ length: 1 + random.below(8) }, () => {
    const value = random.below(4) === 0 ? random.pick(NAMES) : random.pick(IDS)
    return `${random.pick(NAMES)}${random.pick(['=', '=', ' = ', ''])}${value}${random.pick(BETWEEN)}`
  })
  return Buffer.from(pairs.join(''), 'latin1')
}
