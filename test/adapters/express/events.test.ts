import express from 'express'
import { describe, expect, it } from 'vitest'
import { csrf, session } from '../../../src/adapters/express.ts'
import type { CsrfOptions } from '../../../src/http/csrf-options.ts'
import { testClient } from '../../../src/testing/test-client.ts'
import { keyOf, openShop } from '../../manager/support/shop.ts'
import { told } from '../../support/visits.ts'

function build(options: CsrfOptions): ReturnType<typeof openShop> & { readonly client: ReturnType<typeof testClient> } {
  const shop = openShop({ cookie: { secure: 'auto' } })
  const app = express()
  app.set('env', 'test')
  app.use(session(shop.sessions))
  app.use(csrf(options))
  app.get('/', (req, res) => {
    res.send(req.session.token())
  })
  app.post('/', (_, res) => {
    res.send('passed')
  })
  return { ...shop, client: testClient(app, { sessions: shop.sessions }) }
}

describe('an Express application tells of a forged form', () => {
  it.each([
    ['refused', {}, 403],
    ['only reported', { report: true }, 200],
  ])('that is %s', async (_, options, status) => {
    const { sessions, ...world } = build(options)
    await using client = world.client
    const refused = told(sessions, 'refused')
    await client.get('/')
    expect((await client.post('/', { csrf: false })).status).toBe(status)
    expect(refused).toMatchObject([{ reason: 'csrf', key: keyOf(client.jar.get('ml_session') ?? ''), cause: { code: 'ERR_SESSION_CSRF' } }])
    expect((await client.post('/')).status).toBe(200)
    expect(refused).toHaveLength(1)
  })
})
