import { cookies, headers } from 'next/headers.js'

/** Where Next notes the `Set-Cookie` lines of the proxy for whom the request goes on to. */
export const PROXY_COOKIES = 'x-middleware-set-cookie'

/** Cookies as Next knows them at this moment: those of the request, and what the proxy or an action has set since. */
interface CookieJar {
  get(name: string): { readonly value: string } | undefined
}

/** The URL of a request under the host that it was sent to. Next puts its own name there. */
export function urlOf(request: Request): URL {
  const url = new URL(request.url)
  const host = request.headers.get('host')
  if (host !== null) {
    url.port = ''
    url.host = host
  }
  return url
}

/** The request that is answered here, for code that Next hands none: its head, without path and body. */
export async function askedHere(cookieName: string): Promise<Request> {
  const asked = new Headers(await headers())
  const isHttps = asked.get('x-forwarded-proto')?.split(',', 1)[0]?.trim() === 'https'
  const url = URL.parse(`${isHttps ? 'https' : 'http'}://${asked.get('host') ?? ''}/`) ?? 'http://localhost/'
  return new Request(url, { method: 'POST', headers: await withNewerCookie(asked, cookieName) })
}

/** The head of a request, with the session's cookie that the proxy has given it only just now. Next tells pages of that by itself, and not route handlers. */
export function withProxyCookie(request: Request, cookieName: string): Request {
  const given = request.headers.get(PROXY_COOKIES)
  if (given === null) return request
  const header = request.headers.get('cookie') ?? ''
  const lines = given.split(',').map((line) => line.trim())
  const newer = newerCookies(cookieName, header, {
    get: (name) => valueOf(lines.toReversed(), name) ?? valueOf(pairsOf(header), name),
  })
  if (newer === undefined) return request
  const asked = new Headers(request.headers)
  asked.set('cookie', newer)
  return new Request(request.url, { method: request.method, signal: request.signal, headers: asked })
}

async function withNewerCookie(asked: Headers, cookieName: string): Promise<Headers> {
  const newer = newerCookies(cookieName, asked.get('cookie') ?? '', await cookies())
  if (newer !== undefined) asked.set('cookie', newer)
  return asked
}

/**
 * The `Cookie` header as it would be with the session's cookie of now; `undefined` where it is so. The header says more as long as it is true:
 * of two cookies of one name Next knows only the last.
 */
export function newerCookies(cookieName: string, header: string, jar: CookieJar): string | undefined {
  const names = [cookieName, `__Host-${cookieName}`, `__Secure-${cookieName}`]
  const pairs = pairsOf(header)
  const now = names.map((name) => ({ name, value: jar.get(name)?.value }))
  if (now.every(({ name, value }) => (value === undefined ? !isAmong(pairs, name) : pairs.includes(`${name}=${value}`)))) return undefined
  const others = pairs.filter((pair) => !names.some((name) => isAmong([pair], name)))
  // Encoded as it came: in plain text, what stands in one cookie could pass for a second one.
  const ours = now.flatMap(({ name, value }) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]))
  return [...others, ...ours].join('; ')
}

function pairsOf(header: string): string[] {
  return header === '' ? [] : header.split(';').map((pair) => pair.trim())
}

/** The value of the first cookie of this name. */
function valueOf(lines: readonly string[], name: string): { readonly value: string } | undefined {
  const line = lines.find((one) => one.startsWith(`${name}=`))
  return line === undefined ? undefined : { value: line.slice(name.length + 1).split(';', 1)[0] ?? '' }
}

function isAmong(pairs: readonly string[], name: string): boolean {
  return pairs.some((pair) => pair.startsWith(`${name}=`))
}
