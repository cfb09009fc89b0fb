import { guardIn } from './mutant.ts'
import type { Mutant } from './mutant.ts'

const STORED = 'requests/stored-in-memory.test.ts'
const FORGERY = 'requests/forgery.test.ts'
const ORIGINS = 'requests/origins.test.ts'
const TOKENS = 'requests/tokens.test.ts'
const COOKIES = 'requests/cookies.test.ts'
const SECRETS = 'requests/secrets.test.ts'

/** Guards of requests: the forged, the cookie, addresses, answers. */
export const requestGuards: readonly Mutant[] = [
  guardIn('a POST is checked', 'src/http/csrf-guard.ts', "upper === 'OPTIONS'", "upper === 'OPTIONS' || upper === 'POST'", FORGERY),
  guardIn(
    'another Sec-Fetch-Site is refused',
    'src/http/csrf-guard.ts',
    "if (site !== undefined && site !== 'none') return",
    "if (site === 'never') return",
    FORGERY,
  ),
  guardIn(
    'another Origin is refused',
    'src/http/csrf-guard.ts',
    'if (origin !== undefined) return',
    "if (origin === 'never') return",
    FORGERY,
  ),
  guardIn(
    'another Referer is refused',
    'src/http/csrf-guard.ts',
    "? PASSED.referer : this.#refuse('referer')",
    '? PASSED.referer : undefined',
    ORIGINS,
  ),
  guardIn(
    'the token is asked for',
    'src/http/csrf-guard.ts',
    "return this.#refuse(isTooLarge ? 'body-too-large' : 'token-missing')",
    'return PASSED.token',
    FORGERY,
  ),
  guardIn('the token is compared', 'src/session/csrf-token.ts', 'return difference === 0\n}', 'return difference >= 0\n}', TOKENS),
  guardIn(
    'the token is compared to its end',
    'src/session/csrf-token.ts',
    'for (let at = 0; at < candidate.length; at++) difference',
    'for (let at = 0; at < candidate.length && difference === 0; at++) difference',
    SECRETS,
  ),
  guardIn('the token is masked', 'src/session/csrf-token.ts', 'return toHex(mask) + toHex(masked)', 'return token', TOKENS),
  guardIn(
    'a login takes another token',
    'src/manager/custody.ts',
    'if (options.keepToken !== true && state.token !== undefined) state.makeToken()\n',
    '',
    TOKENS,
  ),
  guardIn(
    'no token is taken from the URL',
    'src/adapters/fetch/csrf-door.ts',
    'bodyToken: () => bodyFieldFromRequest(request, fieldName)',
    'bodyToken: () => url.searchParams.get(fieldName) ?? bodyFieldFromRequest(request, fieldName)',
    TOKENS,
  ),
  guardIn('a path that is ambiguous is not exempt', 'src/http/except.ts', ' || AMBIGUOUS.test(bare)', '', FORGERY),
  guardIn('a refused request is told of', 'src/adapters/node/csrf-middleware.ts', "      open.refused('csrf', error)\n", '', TOKENS),
  guardIn('the cookie is Secure', 'src/http/cookie.ts', "  if (isSecure) flags += '; Secure'\n", '', COOKIES),
  guardIn('the cookie is HttpOnly', 'src/http/cookie.ts', "  if (settings.httpOnly) flags += '; HttpOnly'\n", '', COOKIES),
  guardIn('the cookie has SameSite', 'src/http/cookie.ts', '  flags += `; SameSite=${settings.sameSite}`\n', '', COOKIES),
  guardIn(
    'the rules of __Host- are checked',
    'src/http/cookie-options.ts',
    "if (prefix.startsWith('__host-') && settings.domain !== undefined) {",
    "if (prefix === 'never') {",
    COOKIES,
  ),
  guardIn(
    'a cookie is not too long',
    'src/http/cookie.ts',
    'if (length > LONGEST_COOKIE) {',
    'if (length > 10 * LONGEST_COOKIE) {',
    COOKIES,
  ),
  guardIn(
    'no cache keeps a cookie',
    'src/http/caching.ts',
    'return NO_STORE.test(cacheControl)',
    'return NO_STORE.test(cacheControl) || cacheControl !== ""',
    COOKIES,
  ),
  guardIn('no proxy is believed unasked', 'src/http/trust-proxy.ts', 'trust: TrustProxy = false)', 'trust: TrustProxy = 1)', COOKIES),
  guardIn('a logout needs a POST', 'src/http/logout.ts', "method === 'POST' ? done", "method !== '' ? done", FORGERY),
  guardIn(
    'an answer to a failure tells nothing',
    'src/http/failure.ts',
    "BODIES[status] ?? 'Request refused'",
    'String(error)',
    'requests/answers.test.ts',
  ),
  guardIn(
    'a page of another site loads nothing',
    'src/http/own-pages.ts',
    "if (sites.includes(request.header('sec-fetch-site')) || isFollowedLink(request)) return undefined",
    'if (sites.length > 0 || isFollowedLink(request)) return undefined',
    'requests/own-pages.test.ts',
  ),
]

/** Guards that make one of the lines true, and no attack by itself. */
export const duties: readonly Mutant[] = [
  guardIn(
    'the own origin is the configured one',
    'src/http/csrf-guard.ts',
    'this.settings.origin ?? originOfHost(',
    'originOfHost(',
    ORIGINS,
  ),
  guardIn('a refusal says what it depends on', 'src/adapters/fetch/response.ts', '  ERR_SESSION_CSRF: CSRF_VARY,\n', '', ORIGINS),
  guardIn('a report refuses nothing', 'src/adapters/fetch/csrf-door.ts', 'if (!decision.reportOnly) throw error', 'throw error', ORIGINS),
  guardIn('a token is random', 'src/session/csrf-token.ts', 'return randomHex(TOKEN_BYTES)', "return 'ab'.repeat(TOKEN_BYTES)", TOKENS),
  guardIn(
    'a token that came twice is refused',
    'src/http/body-token.ts',
    "values.length === 1 && typeof first === 'string'",
    "typeof first === 'string'",
    TOKENS,
  ),
  guardIn(
    'a form that needs no preflight is no form',
    'src/http/body-token.ts',
    '(mediaType !== URLENCODED && mediaType !== MULTIPART) || ',
    '',
    FORGERY,
  ),
  guardIn('a logout clears the cookie', 'src/manager/cookie-debt.ts', "    if (this.hasCookie) this.#due = 'clearing'\n", '', COOKIES),
  guardIn('a cookie that was planted hides none', 'src/http/cookie.ts', 'if (ids.length === MOST_IDS) break', 'break', COOKIES),
  guardIn(
    'no id is taken from the URL',
    'src/adapters/fetch/open-request.ts',
    "request.headers.get('cookie') ?? undefined",
    "request.headers.get('cookie') ?? url.search.slice(1)",
    COOKIES,
  ),
  guardIn(
    'a session of http is none on https',
    'src/http/cookie.ts',
    'cookieForm(settings.plainName, settings, false, ID_LENGTH) : this.#onHttps',
    'this.#onHttps : this.#onHttps',
    TOKENS,
  ),
  guardIn(
    'an empty session takes no writes where the store is down',
    'src/manager/opening.ts',
    "onStoreError === 'anonymous') return UNREACHABLE",
    "onStoreError === 'anonymous') return undefined",
    STORED,
  ),
  guardIn('a failure is told of', 'src/manager/opening.ts', '  if (reason !== undefined) refuse(house, reason, key, error)\n', '', STORED),
  guardIn(
    'an id that nobody has is told of',
    'src/manager/opening.ts',
    "  if (kind !== 'unknown' && kind !== 'reused') return\n",
    "  if (kind !== 'reused') return\n",
    STORED,
  ),
  guardIn(
    'who waits is served in order',
    'src/manager/lock-queue.ts',
    'const waiter = line.waiters.shift()',
    'const waiter = line.waiters.pop()',
    STORED,
  ),
  guardIn(
    'what is sealed can be sealed anew',
    'src/serializers/encrypted.ts',
    '(isStale ? this.#seal(plain, context) : undefined)',
    '(isStale ? undefined : undefined)',
    SECRETS,
  ),
]
