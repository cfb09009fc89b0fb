import { ServerResponse, IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { freeze, freezeByProperties, thawProperties, unfreeze } from '../../../src/adapters/node/freeze.ts'
import { asNodeResponse } from '../../../src/adapters/node/response.ts'

const fresh = (): ServerResponse => new ServerResponse(new IncomingMessage(new Socket()))

const changes = (res: ServerResponse): (() => unknown)[] => [
  () => res.setHeader('x-a', 'b'),
  () => res.setHeaders(new Map([['x-a', 'b']])),
  () => res.appendHeader('x-a', 'b'),
  () => res.removeHeader('x-a'),
  () => res.writeEarlyHints({ link: '</a>; rel=preload' }),
]

describe('a frozen response', () => {
  it('says that its headers are sent and refuses others, until it is let go: as Node does it, and where Node would not', () => {
    const ways = [
      [freeze, unfreeze],
      [freezeByProperties, thawProperties],
    ] as const
    for (const [hold, letGo] of ways) {
      const res = fresh()
      res.setHeader('x-a', 'a')
      hold(asNodeResponse(res))
      expect(res.headersSent).toBe(true)
      for (const change of changes(res)) expect(change).toThrow(expect.objectContaining({ code: 'ERR_HTTP_HEADERS_SENT' }))
      expect(res.getHeader('x-a')).toBe('a')
      letGo(asNodeResponse(res))
      expect(res.headersSent).toBe(false)
      for (const change of changes(res)) expect(change).not.toThrow()
    }
  })
})
