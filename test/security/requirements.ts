/** Where a requirement can be shown: by the library alone, by an application that uses it, by a page, or nowhere yet. */
export type RequirementKind = 'library' | 'application' | 'document' | 'not-applicable'

/** One statement that a standard makes of sessions, cookies or forged requests. Its tests have names that begin with the id. */
export interface Requirement {
  readonly id: string
  readonly kind: RequirementKind | readonly RequirementKind[]
  /** What it asks for, in a few words of ours. */
  readonly says: string
  /** Why the design does otherwise. The tests show what it does instead. */
  readonly overruled?: string
  /** Why there is nothing to test, for what is not applicable. */
  readonly because?: string
  /** What of it is not met. */
  readonly open?: string
  /** Where it is written down: a page, perhaps with the heading after `#`. */
  readonly pages?: readonly string[]
}

const COOKIE_STORE = 'No session is kept inside a cookie: the cookie is an id, and a token of another kind is never taken for one.'
const PLAIN_HASH = '160 random bits cannot be guessed from their SHA-256; a keyed hash would cost the list of sessions its keys.'
const TOKEN_STANDS =
  'It proves nothing and refuses nothing by itself: the token is asked for, so that an old browser is let in and a forger is not.'

/** OWASP ASVS 5.0, chapter 7. */
const ASVS_SESSIONS: readonly Requirement[] = [
  {
    id: 'ASVS-7.1.1',
    kind: ['document', 'library'],
    says: 'Idle and absolute limits are documented, and departures from NIST 63B justified',
    pages: ['docs/session-life.md#two-clocks'],
    open: 'No command yet reports a configuration without an absolute limit: the constructor takes `absoluteSeconds: 0` as it is meant.',
  },
  {
    id: 'ASVS-7.1.2',
    kind: ['document', 'library'],
    says: 'How many sessions a user may have is an option, and does what it says',
    pages: ['docs/session-life.md#whose-it-is'],
  },
  {
    id: 'ASVS-7.1.3',
    kind: 'document',
    says: 'How a single sign-on maps to start, lifetime and end of a session',
    pages: ['docs/session-life.md#single-sign-on'],
  },
  { id: 'ASVS-7.2.1', kind: 'library', says: 'Only the server decides whether a session is one' },
  { id: 'ASVS-7.2.2', kind: 'library', says: 'Ids are made at run time, one for each session' },
  { id: 'ASVS-7.2.3', kind: 'library', says: 'Ids are random, 128 bits or more, without duplicates' },
  { id: 'ASVS-7.2.4', kind: 'library', says: 'A login takes a new id, and the old one ends' },
  { id: 'ASVS-7.3.1', kind: 'library', says: 'A session that nobody used for the idle time is refused, without any collector' },
  { id: 'ASVS-7.3.2', kind: 'library', says: 'No use and no new id carries a session past its absolute limit' },
  { id: 'ASVS-7.4.1', kind: 'library', says: 'What was ended stays ended, also for requests that run already' },
  { id: 'ASVS-7.4.2', kind: 'library', says: 'All sessions of a user can be ended, those that are made meanwhile too' },
  { id: 'ASVS-7.4.3', kind: 'library', says: 'All but the own session can be ended by one call' },
  { id: 'ASVS-7.4.4', kind: ['application', 'library'], says: 'Logout is on each page behind the login, by a POST that is checked' },
  { id: 'ASVS-7.4.5', kind: 'library', says: 'An administrator lists and ends sessions of one user and of all' },
  { id: 'ASVS-7.5.1', kind: 'application', says: 'A change of the account asks for a fresh login' },
  { id: 'ASVS-7.5.2', kind: ['application', 'library'], says: 'Users see their sessions and can end each of them' },
  { id: 'ASVS-7.5.3', kind: 'application', says: 'A second proof has its own time and can be demanded' },
  { id: 'ASVS-7.6.1', kind: 'application', says: 'The time of an identity provider’s login is kept and can be asked for' },
  { id: 'ASVS-7.6.2', kind: 'library', says: 'Who only reads gets no session' },
]

/** OWASP ASVS 5.0, chapter 3, and what other chapters say that touches sessions. */
const ASVS_REQUESTS: readonly Requirement[] = [
  { id: 'ASVS-3.3.1', kind: 'library', says: 'The cookie is Secure and has a prefix' },
  { id: 'ASVS-3.3.2', kind: 'library', says: 'SameSite is always written' },
  { id: 'ASVS-3.3.3', kind: 'library', says: '__Host- by default, and its rules are checked at start' },
  { id: 'ASVS-3.3.4', kind: 'library', says: 'HttpOnly, and the id goes nowhere but into Set-Cookie' },
  { id: 'ASVS-3.3.5', kind: 'library', says: 'No cookie is longer than browsers take' },
  { id: 'ASVS-3.5.1', kind: 'library', says: 'What changes state needs a proof of where it came from' },
  { id: 'ASVS-3.5.2', kind: 'library', says: 'A form from elsewhere, which needs no preflight, is refused' },
  { id: 'ASVS-3.5.3', kind: 'library', says: 'Only GET, HEAD and OPTIONS pass unchecked; nothing disguises a method; QUERY is checked' },
  { id: 'ASVS-3.5.8', kind: 'library', says: 'A guard can refuse to be loaded as a resource by other sites' },
  { id: 'ASVS-1.5.2', kind: 'library', says: 'Stored text makes plain data only, and runs nothing' },
  { id: 'ASVS-4.2.5', kind: 'library', says: 'The Cookie header that the library causes stays small' },
  { id: 'ASVS-4.4.3', kind: 'application', says: 'A WebSocket takes its session from the HTTPS one' },
  { id: 'ASVS-4.4.4', kind: 'application', says: 'A WebSocket closes when its session is revoked' },
  { id: 'ASVS-5.3.2', kind: 'library', says: 'No text of a request becomes a path or a key' },
  { id: 'ASVS-9.1.1', kind: 'not-applicable', says: 'A self-contained token is authenticated before it is read', because: COOKIE_STORE },
  { id: 'ASVS-9.1.2', kind: 'not-applicable', says: 'Its algorithms are a fixed list', because: COOKIE_STORE },
  { id: 'ASVS-9.1.3', kind: 'not-applicable', says: 'Its keys come from the configured ring', because: COOKIE_STORE },
  { id: 'ASVS-9.2.1', kind: 'not-applicable', says: 'Its end stands inside of what is authenticated', because: COOKIE_STORE },
  { id: 'ASVS-9.2.2', kind: 'not-applicable', says: 'It is of no use for another purpose', because: COOKIE_STORE },
  { id: 'ASVS-11.2.2', kind: 'library', says: 'What is sealed names its format and its key, and can be sealed anew' },
  { id: 'ASVS-11.2.3', kind: 'library', says: 'Keys have 256 bits; others are refused, never padded' },
  { id: 'ASVS-11.2.4', kind: 'library', says: 'Secrets are compared in constant time' },
  { id: 'ASVS-11.2.5', kind: 'library', says: 'What does not open gives one same error, and no data' },
  { id: 'ASVS-11.3.1', kind: 'library', says: 'No weak mode: AES-256-GCM only' },
  { id: 'ASVS-11.3.2', kind: 'library', says: 'Only an approved cipher: a text in any other format is refused' },
  { id: 'ASVS-11.3.3', kind: 'library', says: 'Each changed bit is noticed, and a tag has 16 bytes' },
  { id: 'ASVS-11.3.4', kind: 'library', says: 'No nonce comes twice under one key' },
  { id: 'ASVS-11.4.1', kind: 'library', says: 'Ids are hashed by SHA-256' },
  { id: 'ASVS-11.5.1', kind: 'library', says: 'Every secret is made by the platform’s secure generator' },
  { id: 'ASVS-11.5.2', kind: 'library', says: 'Secrets stay unpredictable when many are made at once' },
  {
    id: 'ASVS-13.2.2',
    kind: 'document',
    says: 'The rights that the store needs, and no more',
    pages: ['docs/security.md#rights-in-the-store'],
  },
  {
    id: 'ASVS-13.3.1',
    kind: 'document',
    says: 'Keys come from a secret store, never from published configuration',
    pages: ['docs/security.md#where-keys-come-from', 'docs/encryption.md#keys-from-a-key-management-service-or-a-file'],
  },
  { id: 'ASVS-13.3.4', kind: 'document', says: 'How keys are rotated', pages: ['docs/encryption.md#changing-the-key'] },
  { id: 'ASVS-14.2.1', kind: 'library', says: 'No id is read from, or written to, a URL' },
  { id: 'ASVS-14.2.2', kind: 'library', says: 'No shared cache keeps an answer that sets the cookie' },
  { id: 'ASVS-14.3.1', kind: 'library', says: 'Logout clears the cookie and can send Clear-Site-Data' },
  { id: 'ASVS-14.3.2', kind: 'library', says: 'No browser cache keeps an answer that sets the cookie' },
  { id: 'ASVS-15.3.4', kind: 'library', says: 'The address is the socket’s unless proxies are named' },
  { id: 'ASVS-15.3.5', kind: 'library', says: 'A token that is no text is refused, never made one' },
  { id: 'ASVS-15.3.6', kind: 'library', says: 'No path of a key reaches a prototype' },
  { id: 'ASVS-15.3.7', kind: 'library', says: 'A token that came twice is refused; a cookie that came twice follows a stated rule' },
  { id: 'ASVS-15.4.1', kind: 'library', says: 'Two requests that change one session lose nothing' },
  { id: 'ASVS-15.4.2', kind: 'library', says: 'Checking and writing are one step in the store' },
  { id: 'ASVS-15.4.3', kind: 'library', says: 'Every wait for a lock is bounded, and only the holder gives it back' },
  { id: 'ASVS-15.4.4', kind: 'library', says: 'Who waits for a lock is served in order' },
  { id: 'ASVS-16.2.5', kind: 'library', says: 'Logs and errors hold a keyed hash of the id', overruled: PLAIN_HASH },
  { id: 'ASVS-16.3.3', kind: 'library', says: 'Attempts to get round a check are events' },
  { id: 'ASVS-16.3.4', kind: 'library', says: 'Failures of the store and of locks are events' },
  { id: 'ASVS-16.4.1', kind: 'library', says: 'Nothing of a request can forge a line of a log' },
  { id: 'ASVS-16.5.1', kind: 'library', says: 'An answer to a failure tells nothing of its cause' },
  { id: 'ASVS-16.5.2', kind: 'library', says: 'A store that is down gives no session' },
  { id: 'ASVS-16.5.3', kind: 'library', says: 'A store that is down is never read as an empty session' },
]

/** OWASP Session Management Cheat Sheet. */
const SHEET_SESSIONS: readonly Requirement[] = [
  {
    id: 'CS-SM "Name Fingerprinting"',
    kind: 'library',
    says: 'The cookie’s name names no product',
    overruled: 'It is that of the PHP library that people come from; `name` changes it.',
  },
  { id: 'CS-SM "Entropy/Length"', kind: 'library', says: 'All of an id is random, 128 bits or more' },
  { id: 'CS-SM "Content"', kind: 'library', says: 'An id means nothing' },
  { id: 'CS-SM "Used vs Accepted"', kind: 'library', says: 'Ids are taken from the cookie alone' },
  { id: 'CS-SM "TLS"', kind: 'library', says: 'No session goes from http to https under the same id' },
  { id: 'CS-SM "HttpOnly/Secure/SameSite/Prefixes/Domain/Path"', kind: 'library', says: 'The cookie’s attributes, and no Domain' },
  {
    id: 'CS-SM "Expire/Max-Age"',
    kind: 'library',
    says: 'The cookie ends with the browser by default',
    overruled: 'It is kept for 7200 s, as the PHP library does; the server’s limits decide. `lifetimeSeconds: 0` ends it with the browser.',
  },
  { id: 'CS-SM "Permissive and Strict"', kind: 'library', says: 'An id that the server did not make is refused, replaced and reported' },
  { id: 'CS-SM "As Any Other User Input"', kind: 'library', says: 'What has not the form of an id never reaches the store' },
  { id: 'CS-SM "Renew After Privilege Change"', kind: 'library', says: 'A change of rights takes a new id, and the old one is ignored' },
  {
    id: 'CS-SM "Multiple Cookies"',
    kind: 'not-applicable',
    says: 'Where two cookies are bound, one alone is not enough',
    because: 'There is no second cookie to bind.',
  },
  {
    id: 'CS-SM "Expiration"',
    kind: 'library',
    says: 'Idle, absolute and renewal limits hold on the server; expired sessions go, and their cookie is cleared',
    overruled: 'Only `destroy()` and the logout clear the cookie: a late answer that did would take a new login’s.',
  },
  { id: 'CS-SM "Renewal Timeout"', kind: 'library', says: 'An id that was renewed by itself works a moment longer, then is reported' },
  { id: 'CS-SM "Caching"', kind: 'library', says: 'no-store with Set-Cookie' },
  { id: 'CS-SM "Guessing detection"', kind: 'library', says: 'Unknown ids are events with an address, for a limiter' },
  { id: 'CS-SM "Binding"', kind: 'library', says: 'Binding to agent or address, in each of its modes' },
  {
    id: 'CS-SM "Logging life cycle"',
    kind: 'library',
    says: 'A session’s life is told by events; ids by a salted hash',
    overruled: PLAIN_HASH,
  },
  { id: 'CS-SM "Simultaneous logons"', kind: 'library', says: 'How many logins of one user there may be' },
]

/** NIST SP 800-63B-4, RFC 6265bis, and drafts that follow it. */
const NIST_AND_COOKIES: readonly Requirement[] = [
  { id: 'NIST-2.1.3', kind: 'library', says: 'AAL1: at most 30 days' },
  { id: 'NIST-2.2.3', kind: 'library', says: 'AAL2: at most 24 hours, 1 hour idle' },
  { id: 'NIST-2.3.3', kind: 'library', says: 'AAL3: at most 12 hours, 15 minutes idle' },
  { id: 'NIST-5.1 a', kind: 'library', says: 'The secret is random and made at the login' },
  {
    id: 'NIST-5.1 b',
    kind: 'library',
    says: 'The secret ends with the logout, and does not outlive a restart of the browser',
    overruled: 'The cookie is kept for 7200 s unless `lifetimeSeconds` is 0; the rest is met.',
  },
  { id: 'NIST-5.1 c', kind: 'library', says: 'A session is never above the level of its login' },
  { id: 'NIST-5.1 d', kind: 'library', says: 'After a login no way leads back to http' },
  { id: 'NIST-5.1 e', kind: 'library', says: 'What changes state brings a value of the session, which is checked' },
  { id: 'NIST-5.1 f', kind: ['application', 'library'], says: 'Logging off is easy' },
  { id: 'NIST-5.1.1', kind: 'library', says: 'The cookie’s attributes; it is opaque; its end is not what ends the session' },
  { id: 'NIST-5.2', kind: 'library', says: 'Either limit ends a session; a new login restarts both' },
  { id: 'NIST-5.3', kind: 'library', says: 'A session can be watched, and ended or asked to log in again' },
  { id: '6265bis-4.1', kind: 'library', says: 'Name and value of the cookie have the form of the RFC' },
  { id: '6265bis-4.1.3', kind: 'library', says: 'The rules of the prefixes' },
  { id: '6265bis-5.4', kind: 'library', says: 'The rules of the prefixes hold in any case of the letters' },
  { id: '6265bis-5.5', kind: 'library', says: 'No lifetime above 400 days' },
  { id: '6265bis-5.6', kind: 'library', says: 'No attribute above 1024 octets' },
  { id: '6265bis-5.7', kind: 'library', says: 'No cookie above 4096 octets' },
  {
    id: '6265bis-6.1',
    kind: 'not-applicable',
    says: 'At most 50 cookies a domain',
    because: 'A session is one cookie, with a second for the token where asked.',
  },
  { id: '6265bis-8.4', kind: 'library', says: 'The id changes at login and carries nothing' },
  { id: '6265bis-8.6', kind: 'library', says: 'Of two cookies of one name a stated rule says which counts' },
  { id: '6265bis "Lax-allowing-unsafe"', kind: 'library', says: 'SameSite is written, so that no browser lets early POSTs through' },
  { id: 'layered-cookies', kind: 'library', says: '__Http- and __Host-Http- are known' },
  {
    id: 'DBSC',
    kind: 'not-applicable',
    says: 'A session bound to a key of the device',
    because: 'A draft that one browser has; not built.',
  },
]

/** Go's CrossOriginProtection. */
const GO: readonly Requirement[] = [
  { id: 'GO-1', kind: 'library', says: 'GET, HEAD and OPTIONS pass' },
  {
    id: 'GO-2',
    kind: 'library',
    says: 'Sec-Fetch-Site same-origin or none passes',
    overruled: '`same-origin` proves the origin and the token is still asked for; `none` proves nothing.',
  },
  { id: 'GO-3', kind: 'library', says: 'Any other Sec-Fetch-Site is refused, same-site too' },
  { id: 'GO-4', kind: 'library', says: 'Without Sec-Fetch-Site and Origin it passes', overruled: TOKEN_STANDS },
  {
    id: 'GO-5',
    kind: 'library',
    says: 'An Origin whose host is that of Host passes',
    overruled: 'Scheme and port must be the same too, and the token is asked for as well.',
  },
  { id: 'GO-6', kind: 'library', says: 'Another Origin, or null, is refused' },
  { id: 'GO-7', kind: 'library', says: 'Exempt are exact origins and listed routes only' },
  { id: 'GO-8', kind: 'library', says: 'An exempt route is the one that will run' },
  { id: 'GO-9', kind: 'library', says: 'A refusal is 403, and the application can answer it its own way' },
]

/** OWASP CSRF Prevention Cheat Sheet, Symfony, and lessons of others. */
const FORGERY: readonly Requirement[] = [
  { id: 'CS-CSRF-1', kind: 'library', says: 'The token is random, one for each session, and tells nothing of the user' },
  { id: 'CS-CSRF-2', kind: 'library', says: 'Missing, empty on both sides or another: refused, with an event' },
  { id: 'CS-CSRF-3', kind: 'library', says: 'Taken from a header or the body, not from cookie or URL, and never logged' },
  {
    id: 'CS-CSRF-4',
    kind: 'not-applicable',
    says: 'A double submit is signed and bound to the session',
    because: 'There is no double submit: the token is kept in the session, on the server.',
  },
  { id: 'CS-CSRF-5', kind: 'library', says: 'No naive double submit' },
  { id: 'CS-CSRF-6', kind: 'library', says: 'cross-site is refused; same-site too unless its origin is trusted' },
  {
    id: 'CS-CSRF-7',
    kind: 'library',
    says: 'Without Fetch Metadata: Origin, then Referer, whole origins; neither: refused in strict mode',
    overruled: TOKEN_STANDS,
  },
  {
    id: 'CS-CSRF-8',
    kind: 'library',
    says: 'Unknown values of Sec-Fetch-Site count as absent',
    overruled: 'They are refused, as Go does: a value that nobody knows is no proof.',
  },
  { id: 'CS-CSRF-9', kind: 'library', says: 'The own origin is the configured one; what a proxy says only where it is trusted' },
  { id: 'CS-CSRF-10', kind: 'library', says: 'Vary where the answer depends on the headers' },
  { id: 'CS-CSRF-11', kind: 'library', says: 'It can only report; exceptions are in one list' },
  { id: 'CS-CSRF-12', kind: 'library', says: 'A login form is covered by a session that ends with the login' },
  { id: 'CS-CSRF-13', kind: 'library', says: 'The token changes with login and logout' },
  { id: 'CS-CSRF-14', kind: 'library', says: 'A token in a page is another text each time' },
  {
    id: 'SYM-CSRF-15',
    kind: 'library',
    says: 'A client that once gave a stronger proof must give it again',
    overruled:
      'Nothing is remembered of earlier proofs: the token is asked for every time, and a header that says otherwise always refuses.',
  },
  { id: 'CVE-2017-16653', kind: 'library', says: 'A token that was given on http is none on https' },
  {
    id: 'CVE-2020-8166',
    kind: 'not-applicable',
    says: 'No form’s token can be made of the global one',
    because: 'There are no tokens for single forms: nothing to get round to.',
  },
  { id: 'CVE-2026-45075', kind: 'library', says: 'HEAD is no way round a check that is bound to GET' },
]

/** Every requirement, in the order of the list. */
export const REQUIREMENTS: readonly Requirement[] = [
  ...ASVS_SESSIONS,
  ...ASVS_REQUESTS,
  ...SHEET_SESSIONS,
  ...NIST_AND_COOKIES,
  ...GO,
  ...FORGERY,
]
