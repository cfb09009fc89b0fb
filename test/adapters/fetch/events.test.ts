import { describe, expect, it } from 'vitest'
import { csrf, session } from '../../../src/adapters/fetch.ts'
import { testClient } from '../../../src/testing/test-client.ts'
import { keyOf, openShop } from '../../manager/support/shop.ts'
import { told } from '../../support/visits.ts'

describe('a fetch handler tells of a forged form', () => {
  it.each([
    ['refused', {}, 403],
    ['only reported', { report: true }, 200],
  ])('that is %s', async (_, options, status) => {
    const { sessions } = openShop()
    const app = session(sessions)(csrf(options)((_request, { session: own }) => new Response(own.token())))
    await using client = testClient(app, { sessions })
    const refused = told(sessions, 'refused')
    await client.get('/')
    expect((await client.post('/', { csrf: false })).status).toBe(status)
    expect(refused).toMatchObject([
      { reason: 'csrf', key: keyOf(client.jar.get('__Host-ml_session') ?? ''), cause: { code: 'ERR_SESSION_CSRF' } },
    ])
    expect((await client.post('/')).status).toBe(200)
    expect(refused).toHaveLength(1)
  })
})
