// What a configuration says of the cookie, and the `Set-Cookie` that is written of it.
import { parseSetCookie } from 'cookie'
import { type CookiePolicy, cookiePolicy } from '../../../src/http/cookie.ts'
import type { CookieOptions } from '../../../src/http/cookie-options.ts'
import { isSessionError } from '../../../src/session/errors.ts'
import { newSessionId } from '../../../src/session/id.ts'
import type { Random } from '../../simulation/seeded.ts'
import { type Target, type Trial, bytesOf, holds, textOf } from '../target.ts'

const ID = newSessionId()
const FIELDS = ['name', 'path', 'domain', 'secure', 'httpOnly', 'sameSite', 'lifetimeSeconds', 'prefix', 'partitioned', 'priority'] as const
const VALUES = [
  'session',
  '__Host-session',
  '__Secure-x',
  '__host-http-y',
  '/',
  '/app',
  '/a b',
  'example.com',
  '.example.com',
  '192.0.2.1',
  'true',
  'false',
  'auto',
  'Lax',
  'none',
  'None',
  'Strict',
  '0',
  '7200',
  '34560000',
  '34560001',
  '__Host-',
  '__Secure-',
  'Low',
  'High',
]

export const target: Target = {
  promise:
    'is refused as a configuration, or makes a cookie of at most 4096 printable characters that reads back as it was meant, and is forgotten by the same name and place',
  sources: ['src/http/cookie.ts', 'src/http/cookie-options.ts'],
  words: [...FIELDS, ...VALUES, '; ', '=', '\n', '\r', '\0', 'Max-Age=', 'é', '\u2028'],
  mostBytes: 6000,
  make,
  open: () => trial((policy, isHttps) => policy.write(ID, isHttps)),
  // It forgets one attribute where there is another.
  openMistaken: () =>
    trial((policy, isHttps) => {
      const text = policy.write(ID, isHttps)
      return policy.settings.priority === undefined ? text : text.replace('; Secure', '')
    }),
}

function trial(write: (policy: CookiePolicy, isHttps: boolean) => string): Trial {
  return {
    run(input) {
      const { name, options } = configurationIn(textOf(input))
      const policy = accepted(() => cookiePolicy(name, options))
      if (policy === undefined) return
      for (const isHttps of [true, false]) {
        check(policy, isHttps, write(policy, isHttps), ID)
        check(policy, isHttps, policy.clear(isHttps), '')
        holds('forgetting says that it ends now', parseSetCookie(policy.clear(isHttps)).maxAge === 0)
      }
    },
  }
}

function check(policy: CookiePolicy, isHttps: boolean, text: string, value: string): void {
  const { settings } = policy
  const { name, isSecure } = policy.form(isHttps)
  holds('it is of printable characters', /^[ -~]*$/.test(text), () => text)
  holds('browsers take its length', text.length <= 4096, () => String(text.length))
  const read = parseSetCookie(text)
  const meant = {
    name,
    value,
    path: settings.path,
    domain: settings.domain,
    secure: isSecure || undefined,
    httpOnly: settings.httpOnly || undefined,
    sameSite: settings.sameSite.toLowerCase(),
    partitioned: settings.partitioned || undefined,
    priority: settings.priority?.toLowerCase(),
  }
  for (const [field, expected] of Object.entries(meant)) {
    holds('it reads back as it was meant', Reflect.get(read, field) === expected, () => `${field} of ${text}`)
  }
}

function accepted(policy: () => CookiePolicy): CookiePolicy | undefined {
  try {
    return policy()
  } catch (error) {
    if (isSessionError(error) && error.code === 'ERR_SESSION_CONFIG') return undefined
    throw error
  }
}

/** `field=value` on each line. The name is a text; what another word of a file or of the environment is, a text or more, is as the text looks. */
function configurationIn(text: string): { readonly name: string; readonly options: CookieOptions } {
  let name = 'session'
  const options: Record<string, unknown> = {}
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=')
    const field = FIELDS.find((one) => one === line.slice(0, equals))
    const value = line.slice(equals + 1)
    if (field === 'name') name = value
    else if (field !== undefined) options[field] = valueOf(value)
  }
  return { name, options }
}

function valueOf(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d+$/.test(text) ? Number(text) : text
}

function make(random: Random): Buffer {
  const lines = Array.from({ length: 1 + random.below(5) }, () => `${random.pick(FIELDS)}=${random.pick(VALUES)}`)
  return bytesOf(lines.join('\n'))
}
