const ORIGIN_FORM = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@\\,*]+$/i
const HOST_FORM = /^[^\s/?#@\\,]+$/

/**
 * Takes a text for an origin, `scheme://host[:port]` and nothing else, and gives the form that browsers send: lower case, without the
 * scheme's own port. `undefined` for everything else, `null` and lists among it.
 */
export function asOrigin(text: string): string | undefined {
  return ORIGIN_FORM.test(text) ? originOfUrl(text) : undefined
}

/** The origin of a URL, such as a `Referer`, or `undefined` when it has none. */
export function originOfUrl(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null) return undefined
  if (url.origin !== 'null') return url.origin
  // `capacitor://localhost` and the like: applications send them as Origin, and the URL standard gives them none.
  return url.host === '' ? undefined : `${url.protocol}//${url.host}`.toLowerCase()
}

/** The origin that a request was sent to, by its `Host` and the scheme that it came by. */
export function originOfHost(host: string | undefined, isHttps: boolean): string | undefined {
  if (host === undefined || !HOST_FORM.test(host)) return undefined
  return originOfUrl(`${isHttps ? 'https' : 'http'}://${host}`)
}
