import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { csrf, session } from '../../../src/adapters/node.ts'
import { testClient } from '../../../src/testing/test-client.ts'
import { keyOf, openShop } from '../../manager/support/shop.ts'
import { told } from '../../support/visits.ts'

describe('a node:http server tells of a forged form', () => {
  it.each([
    ['refused', {}, 403],
    ['only reported', { report: true }, 200],
  ])('that is %s', async (_, options, status) => {
    const { sessions } = openShop({ cookie: { secure: 'auto' } })
    const [open, guard] = [session(sessions), csrf(options)]
    const server = createServer((req, res) => {
      open(req, res, () =>
        guard(req, res, (error) => {
          res.statusCode = error === undefined ? 200 : 403
          res.end(req.method === 'GET' ? req.session.token() : 'answered')
        }),
      )
    })
    await using client = testClient(server, { sessions })
    const refused = told(sessions, 'refused')
    await client.get('/')
    expect((await client.post('/', { csrf: false })).status).toBe(status)
    expect(refused).toMatchObject([{ reason: 'csrf', key: keyOf(client.jar.get('ml_session') ?? ''), cause: { code: 'ERR_SESSION_CSRF' } }])
    expect((await client.post('/')).status).toBe(200)
    expect(refused).toHaveLength(1)
  })
})
