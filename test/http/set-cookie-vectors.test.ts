import { describe, expect, it } from 'vitest'
import { clientAddress } from '../../src/http/client-address.ts'
import { cookiePolicy } from '../../src/http/cookie.ts'
import { asSessionId } from '../../src/session/id.ts'
import { cookieVectors } from './vectors.ts'
import type { CookieCase, Deviation } from './vectors.ts'

const ID = 'fb0d8419e463c04601d1ada14f228d0c9220e352'
const SEED_ATTRIBUTES = '; Path=/; Max-Age=7200; Secure; HttpOnly; SameSite=Lax'

type Expected = Deviation & ({ readonly refused: string } | { readonly written: string } | { readonly read: readonly string[] })

const numbersOnly = {
  item: 'S-328',
  why: 'a lifetime is a whole number of seconds, 0 for a browser session',
  refused: 'cookie.lifetimeSeconds',
}
const realBooleans = { item: 'S-331', why: 'a text or a number is no switch', refused: 'cookie.secure' }
const knownSameSite = { item: 'S-333', why: 'Lax, Strict or None', refused: 'cookie.sameSite' }
const notAnId = { item: 'S-367', why: 'what has not the form of an id is a new visitor', read: [] }

const deviations: Readonly<Record<string, Expected>> = {
  'cookie_lifetime 0': {
    item: 'S-328',
    why: '0 is a browser session, not a deletion',
    written: `ml_session=${ID}; Path=/; Secure; HttpOnly; SameSite=Lax`,
  },
  'cookie_lifetime -1': numbersOnly,
  'cookie_lifetime "3600" string': numbersOnly,
  'cookie_lifetime "abc"': numbersOnly,
  'cookie_lifetime null': numbersOnly,
  'cookie_lifetime 1.9': numbersOnly,
  'cookie_lifetime true': numbersOnly,
  "cookie_path ''": { item: 'S-362', why: 'browsers would put their own path in its place', refused: 'cookie.path' },
  "cookie_path '/x; Domain=evil.example'": { item: 'S-362', why: 'an attribute is not to be broken out of', refused: 'cookie.path' },
  "cookie_domain ''": { item: 'S-330', why: 'no domain is said by leaving it out', refused: 'cookie.domain' },
  "cookie_domain '0'": { item: 'S-330', why: 'it is no domain, and is not dropped silently', refused: 'cookie.domain' },
  'cookie_secure 1': realBooleans,
  'cookie_secure 0': realBooleans,
  "cookie_secure 'true'": realBooleans,
  "cookie_secure 'false'": realBooleans,
  "cookie_secure '0'": realBooleans,
  "cookie_secure ''": realBooleans,
  'cookie_secure NULL': realBooleans,
  "cookie_httponly 'false'": { item: 'S-332', why: 'a text is no switch', refused: 'cookie.httpOnly' },
  "cookie_samesite 'lax'": { item: 'S-333', why: 'any case is taken, one is written', written: `ml_session=${ID}${SEED_ATTRIBUTES}` },
  "cookie_samesite ''": knownSameSite,
  "cookie_samesite 'Bogus'": knownSameSite,
  'cookie_samesite NULL': knownSameSite,
  'SameSite=None without Secure': { item: 'S-333', why: 'browsers drop it', refused: 'cookie.sameSite' },
  'config cookie_name is ignored': { item: 'S-327', why: 'the configured name is used', written: `other=${ID}${SEED_ATTRIBUTES}` },
  'name with odd characters': { item: 'S-362', why: 'a name is a token', refused: 'name' },
  'unknown config keys': { item: 'S-346', why: 'an unknown field is an error', refused: 'cookie.foo' },
  'nested config/session.php array passed whole': {
    item: 'S-346',
    why: 'an unknown field is an error, so nothing is ignored',
    refused: 'cookie.session',
  },
  'incoming short id': notAnId,
  'incoming id with attribute injection': notAnId,
  'incoming id with attribute injection, no slash': notAnId,
  'incoming id with CRLF': notAnId,
  'incoming id with spaces and unicode': notAnId,
  'incoming id with slash': notAnId,
  'incoming id with NUL': notAnId,
  'incoming array cookie': notAnId,
  'incoming 5000 characters': notAnId,
}

// What a request becomes is the manager's and the adapters' to decide, and is tested there.
const notAboutTheCookie = [
  'response already has Set-Cookie',
  'status 500 response',
  'status 304 response',
  'handler regenerates',
  'handler invalidates',
  'handler saves itself',
  'handler throws',
  'handler throws and save() fails too',
  'save() fails',
  'enabled false',
  'enabled 0',
  "enabled '0'",
  "enabled ''",
  'enabled NULL',
  "enabled 'false'",
]

const optionNames: Readonly<Record<string, string>> = {
  cookie_lifetime: 'lifetimeSeconds',
  cookie_path: 'path',
  cookie_domain: 'domain',
  cookie_secure: 'secure',
  cookie_httponly: 'httpOnly',
  cookie_samesite: 'sameSite',
}

function policyOf({ config, sessionName = 'ml_session' }: CookieCase) {
  const { cookie_name: configuredName, ...rest } = config
  const options = Object.fromEntries(Object.entries(rest).map(([key, value]) => [optionNames[key] ?? key, value]))
  return cookiePolicy(typeof configuredName === 'string' ? configuredName : sessionName, { ...options, prefix: 'none' })
}

function headerOf({ requestCookies = {} }: CookieCase): string {
  return Object.entries(requestCookies)
    .map(([name, value]) => (Array.isArray(value) ? `${name}[]=${value.join('')}` : `${name}=${String(value)}`))
    .join('; ')
}

// PHP's cookie of the session: the last one, after those that the response had before.
function check(row: CookieCase): void {
  const deviation = deviations[row.name]
  if (deviation !== undefined && 'refused' in deviation) {
    expect(() => policyOf(row), row.name).toThrow(`Option '${deviation.refused}'`)
    return
  }
  const policy = policyOf(row)
  const found = policy.read({ cookieHeader: headerOf(row), isHttps: true })
  if (deviation !== undefined && 'read' in deviation) {
    expect(found, row.name).toEqual(deviation.read)
    return
  }
  const id = found[0] ?? asSessionId(ID)
  if (id === undefined) throw new Error('the fixed id is none')
  expect(policy.write(id, true), row.name).toBe(deviation?.written ?? row.setCookie?.at(-1))
}

describe('Set-Cookie as the PHP library sends it', () => {
  const rows = cookieVectors.cookies.filter((row) => !notAboutTheCookie.includes(row.name))

  it('S-362 S-368: is the same, octet by octet, where the verdict is to follow, and else what the table says', () => {
    expect(cookieVectors.count).toBe(346)
    expect(cookieVectors.cookies).toHaveLength(73)
    expect(rows).toHaveLength(58)
    for (const row of rows) check(row)
  })

  it('deviates in the 37 cases of the table only, and each of them is a case', () => {
    const names = new Set(rows.map((row) => row.name))
    expect(Object.keys(deviations)).toHaveLength(37)
    for (const name of Object.keys(deviations)) expect(names).toContain(name)
  })

  it('none of the deviations is idle: PHP wrote or accepted something else', () => {
    for (const row of rows) {
      const deviation = deviations[row.name]
      if (deviation !== undefined && 'written' in deviation) expect(row.setCookie?.at(-1)).not.toBe(deviation.written)
    }
  })
})

describe('the address that is kept', () => {
  it('S-356 ASVS-15.3.4: is the socket’s; PHP believes X-Forwarded-For in 6 of 15 cases', () => {
    let deviating = 0
    for (const { serverParams, stored } of cookieVectors.metadata) {
      const address = clientAddress(serverParams.REMOTE_ADDR)
      if ((address ?? null) === stored.ip_address) continue
      deviating++
      expect(address).toBe('198.51.100.7')
    }
    expect(cookieVectors.metadata).toHaveLength(15)
    expect(deviating).toBe(6)
  })
})
