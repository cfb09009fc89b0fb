import type { RequestListener } from 'node:http'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { ownPages as expressOwnPages, session as expressSession } from '../../../src/adapters/express.ts'
import { ownPages, session } from '../../../src/adapters/fetch.ts'
import type { OwnPagesOptions } from '../../../src/adapters/fetch.ts'
import { ownPages as nodeOwnPages, session as nodeSession } from '../../../src/adapters/node.ts'
import { ask, serve } from '../../adapters/node/support.ts'
import { openShop } from '../../manager/support/shop.ts'
import type { Shop } from '../../manager/support/shop.ts'

type Headers = Readonly<Record<string, string>>
type Answer = readonly [status: number, body: string, vary: string | null | undefined]
/** Sends a request with just these headers: what Node calls fetch writes a `Sec-Fetch-Mode` of its own. */
type Send = (headers: Headers, method?: string) => Promise<Answer>

const VARY = 'Sec-Fetch-Dest, Sec-Fetch-Mode, Sec-Fetch-Site'

async function served(listener: RequestListener): Promise<Send> {
  const server = await serve(listener)
  return async (headers, method = 'GET') => {
    const { status, body, headers: answered } = await ask(server, '/', { method, headers })
    return [status, body, answered.vary]
  }
}

/** An application of each kind with one picture that only its own pages may show. */
const apps: readonly (readonly [string, (shop: Shop, options?: OwnPagesOptions) => Promise<Send>])[] = [
  [
    'fetch',
    async ({ sessions }, options) => {
      const app = session(sessions)(ownPages(options)(() => new Response('picture')))
      return async (headers, method = 'GET') => {
        const answer = await app(new Request('https://test.example/', { method, headers }))
        return [answer.status, await answer.text(), answer.headers.get('vary')]
      }
    },
  ],
  [
    'node:http',
    ({ sessions }, options) => {
      const [withSession, guard] = [nodeSession(sessions), nodeOwnPages(options)]
      return served((req, res) => {
        withSession(req, res, () => guard(req, res, (error) => res.writeHead(error === undefined ? 200 : 403).end('picture')))
      })
    },
  ],
  [
    'Express',
    ({ sessions }, options) => {
      const app = express()
      app.set('env', 'production')
      app.use(expressSession(sessions), expressOwnPages(options))
      app.use((_req, res) => res.send('picture'))
      return served(app)
    },
  ],
]

function load(site: string, mode = 'no-cors', dest = 'image'): Headers {
  return { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest }
}

describe.each(apps)('ownPages() for %s', (_name, build) => {
  it('ASVS-3.5.8 refuses to be loaded by pages of other sites, however they do it, and tells of it', async () => {
    const shop = openShop()
    const send = await build(shop)
    const loads = [load('cross-site'), load('same-site'), load('cross-site', 'cors', 'empty'), load('cross-site', 'navigate', 'iframe')]
    for (const each of loads) expect(await send(each)).toEqual([403, expect.any(String), VARY])
    expect(await send(load('cross-site', 'navigate', 'document'), 'POST')).toEqual([403, expect.any(String), VARY])
    const refused = shop.events.filter(({ kind }) => kind === 'refused')
    expect(refused).toEqual(Array.from({ length: 5 }, () => expect.objectContaining({ reason: 'cross-site' })))
  })

  it('ASVS-3.5.8 lets own pages load it, who follows a link, and what says nothing of where it comes from', async () => {
    const send = await build(openShop())
    const loads = [load('same-origin'), load('none', 'navigate', 'document'), load('cross-site', 'navigate', 'document'), {}]
    for (const each of loads) expect(await send(each)).toEqual([200, 'picture', VARY])
  })

  it('ASVS-3.5.8 lets pages of sibling hosts load it where that is asked for, and no others', async () => {
    const send = await build(openShop(), { sameSite: true })
    expect((await send(load('same-site')))[0]).toBe(200)
    expect((await send(load('cross-site')))[0]).toBe(403)
  })
})

describe('ownPages()', () => {
  it('refuses options that cannot be meant', () => {
    for (const make of [ownPages, nodeOwnPages, expressOwnPages]) {
      expect(() => make({ sameSite: 'yes' as unknown as boolean })).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
    }
  })

  it('fails at once where there is no session, and says so', async () => {
    await expect(ownPages()(() => new Response('picture'))(new Request('https://test.example/'), {})).rejects.toThrow('inside session()')
    const guard = nodeOwnPages()
    let given: unknown
    const server = await serve((req, res) => {
      guard(req, res, (error) => {
        given = error
        res.end()
      })
    })
    await ask(server)
    expect(given).toMatchObject({ code: 'ERR_SESSION_CONFIG' })
  })
})
