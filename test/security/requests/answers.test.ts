import { createServer } from 'node:http'
import express from 'express'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { session as expressSession } from '../../../src/adapters/express.ts'
import { session } from '../../../src/adapters/fetch.ts'
import { session as nodeSession } from '../../../src/adapters/node.ts'
import { SessionError } from '../../../src/session/errors.ts'
import { testClient } from '../../../src/testing/test-client.ts'
import type { TestApp } from '../../../src/testing/test-client.ts'
import { openShop } from '../../manager/support/shop.ts'
import type { Shop } from '../../manager/support/shop.ts'

/** An application of each kind that handles no error itself. */
const apps: readonly (readonly [string, (shop: Shop) => TestApp])[] = [
  ['fetch', ({ sessions }) => session(sessions)((_request, context) => new Response(`${context.session.increment('n')}`))],
  [
    'node:http',
    ({ sessions }) => {
      const withSession = nodeSession(sessions)
      return createServer((req, res) => withSession(req, res, () => res.end(`${req.session.increment('n')}`)))
    },
  ],
  [
    'Express',
    ({ sessions }) => {
      const app = express()
      app.set('env', 'production')
      app.use(expressSession(sessions))
      app.use((req, res) => res.send(`${req.session.increment('n')}`))
      return app
    },
  ],
]

describe.each(apps)('the answer of %s to a failure', (_name, build) => {
  beforeEach(() => void vi.spyOn(console, 'error').mockReturnValue()) // Express writes errors to the server's log

  it('ASVS-16.5.1 tells nothing of the cause, be the store down when it is asked or when it is written to', async () => {
    const shop = openShop()
    await using client = testClient(build(shop))
    expect(await (await client.get('/')).text()).toBe('1')
    for (const method of ['acquire', 'commit'] as const) {
      shop.driver.failNext(method, SessionError.driverFailed(method, 'postgres://root:hunter2@10.0.0.5 refused'))
      const answer = await client.get('/')
      const text = [await answer.text(), ...[...answer.headers].flat()].join('\n')
      expect([answer.status, answer.headers.getSetCookie()]).toEqual([503, []])
      for (const secret of ['hunter2', 'postgres', '10.0.0.5', 'ERR_SESSION', 'src/']) expect(text).not.toContain(secret)
    }
    expect(await (await client.get('/')).text()).toBe('2')
  })

  it('ASVS-16.5.2 is no success: what was not stored is not answered as if it were', async () => {
    const shop = openShop()
    await using client = testClient(build(shop))
    shop.driver.failNext('insert', undefined, 3)
    const answer = await client.get('/')
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([503, []])
    expect((await shop.memory.list()).sessions).toEqual([])
  })
})
