const NO_STORE = /(?:^|,)\s*no-store\s*(?:,|$)/i

/**
 * Says whether a `Cache-Control` header keeps every cache from storing an answer. `private` does not: the browser's own would
 * keep what hands out a session.
 * @see OWASP ASVS 14.3.2; RFC 9111, section 5.2.2.5.
 */
export function forbidsStoring(cacheControl: string): boolean {
  return NO_STORE.test(cacheControl)
}
