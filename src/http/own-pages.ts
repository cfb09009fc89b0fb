import { SessionError } from '../session/errors.ts'
import { booleanOption, knownFields } from '../session/option-check.ts'

/** Whose pages may load what lies behind the guard. */
export interface OwnPagesOptions {
  /** Whether pages of sibling hosts may, such as `blog.shop.example` for `shop.example`. Default: false. */
  readonly sameSite?: boolean | undefined
}

/** What the guard looks at. */
export interface LoadRequest {
  readonly method: string
  /** A header by its name in lower case. */
  header(name: string): string | readonly string[] | undefined
}

/** What a response says whose answer depends on the headers that the guard looks at. */
export const OWN_PAGES_VARY = 'Sec-Fetch-Dest, Sec-Fetch-Mode, Sec-Fetch-Site'

/**
 * Makes the check of what only the application's own pages may load. It gives the error to refuse with, or `undefined`.
 *
 * A page of another site is refused, however it loads: as a script, an image, a frame or by fetch. A visitor who follows its link is not. Without
 * `Sec-Fetch-Site`, from a browser of before 2023 or from no browser, nothing can be told, and nothing is refused.
 * @throws {SessionError} `ERR_SESSION_CONFIG`.
 * @see OWASP ASVS 3.5.8; W3C Fetch Metadata, "resource isolation policy".
 */
export function ownPagesCheck(options: OwnPagesOptions = {}): (request: LoadRequest) => SessionError | undefined {
  knownFields('ownPages', options, ['sameSite'])
  const sites: unknown[] = [undefined, 'same-origin', 'none']
  if (booleanOption('ownPages.sameSite', options.sameSite, false)) sites.push('same-site')
  return (request) => {
    if (sites.includes(request.header('sec-fetch-site')) || isFollowedLink(request)) return undefined
    return SessionError.securityValidationFailed('a page of another site loads what only own pages may.')
  }
}

function isFollowedLink(request: LoadRequest): boolean {
  const isPage = request.header('sec-fetch-mode') === 'navigate' && request.header('sec-fetch-dest') === 'document'
  return isPage && (request.method === 'GET' || request.method === 'HEAD')
}
