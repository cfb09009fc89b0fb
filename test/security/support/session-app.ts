import { csrf, logout, session } from '../../../src/adapters/fetch.ts'
import type { Options, Shop } from '../../manager/support/shop.ts'
import { openShop } from '../../manager/support/shop.ts'
import { logIn } from './session-world.ts'

/** What came back to a browser. */
export interface Reply {
  readonly status: number
  readonly text: string
  readonly headers: Headers
  /** The whole of Set-Cookie. */
  readonly setCookie: string | undefined
  /** What a browser would send from then on: `name=value`. */
  readonly cookie: string | undefined
}

/** An application of a few pages, and requests to it that carry exactly what a test says. */
export interface SmallApp extends Shop {
  readonly ask: (
    url: string,
    headers?: Record<string, string>,
    init?: { readonly method?: string; readonly body?: string },
  ) => Promise<Reply>
}

/** `/` says who the visitor is, `/keep` keeps something, `?cache=` says what may be cached, `/token` gives the token, `/login` and `/logout` do that. */
export function smallApp(options: Options = {}, guarded = false): SmallApp {
  const shop = openShop(options)
  const leave = logout()
  const layer = session(shop.sessions)
  const pages: Parameters<typeof layer>[0] = async (request, context) => {
    const { pathname, searchParams } = new URL(request.url)
    const own = context.session
    if (pathname === '/logout') return leave(request, context)
    if (pathname === '/token') return new Response(own.token())
    if (pathname === '/login') await logIn(own)
    if (pathname === '/keep') own.increment('n')
    const cacheControl = searchParams.get('cache')
    return new Response(own.userId ?? 'nobody', cacheControl === null ? {} : { headers: { 'cache-control': cacheControl } })
  }
  const app = layer(guarded ? csrf()(pages) : pages)
  return {
    ...shop,
    ask: async (url, headers = {}, init = {}) => {
      const response = await app(new Request(new URL(url, 'https://shop.example'), { headers, ...init }))
      const [setCookie] = response.headers.getSetCookie()
      return {
        status: response.status,
        text: await response.text(),
        headers: response.headers,
        setCookie,
        cookie: setCookie?.split(';')[0],
      }
    },
  }
}
