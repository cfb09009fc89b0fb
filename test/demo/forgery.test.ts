import { once } from 'node:events'
import { createServer } from 'node:http'
import type { OutgoingHttpHeaders } from 'node:http'
import { beforeAll, describe, expect, it } from 'vitest'
import { describeNeeding } from '../support/needs.ts'
import { logIn } from './support/browser.ts'
import { newUser, send, type Answer, type Visitor } from './support/client.ts'
import { runningBrowser, runningDemo } from './support/fixture.ts'

const demo = runningDemo()

describeNeeding('chromium', 'a page of another site that posts to the demo', () => {
  const browser = runningBrowser()

  it('is refused, and what it wanted did not happen', async () => {
    const forged = `<form method="post" action="${demo.origin}/basket/add"><input name="sku" value="rope"></form><script>document.forms[0].submit()</script>`
    const elsewhere = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(forged)).listen(0)
    await once(elsewhere, 'listening')
    const address = elsewhere.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    try {
      const page = await browser.newPage()
      await logIn(page, demo.origin)
      const answered = page.waitForResponse(`${demo.origin}/basket/add`)
      await page.goto(`http://localhost:${port}/`)
      const answer = await answered
      expect(answer.status()).toBe(403)
      expect((await answer.request().allHeaders())['sec-fetch-site']).toBe('cross-site')
      await page.getByRole('heading', { name: 'Refused' }).waitFor()
      await page.goto(`${demo.origin}/basket`)
      expect(await page.getByText('Nothing yet.').count()).toBe(1)
      expect(await page.getByRole('button', { name: 'Log out' }).count()).toBe(1)
    } finally {
      elsewhere.closeAllConnections()
      elsewhere.close()
    }
  })
})

describe('a forged post that carries the victim’s cookie', () => {
  let victim: Visitor

  beforeAll(async () => {
    victim = await newUser(demo.origin)
  })

  function forge(headers: OutgoingHttpHeaders, form: Record<string, string> = {}): Promise<Answer> {
    return send(`${demo.origin}/basket/add`, { cookie: victim.cookie, ...headers }, { sku: 'rope', ...form })
  }

  async function expectRefused(answer: Answer): Promise<void> {
    expect(answer.status).toBe(403)
    expect(answer.text).toContain('did not prove that it came from a page of this site')
    expect((await send(`${demo.origin}/basket`, { cookie: victim.cookie })).text).toContain('Nothing yet.')
  }

  it('is refused with Sec-Fetch headers, even with the right token', async () => {
    await expectRefused(await forge({ 'sec-fetch-site': 'cross-site' }, { _csrf: victim.token }))
  })

  it('is refused without Sec-Fetch headers from a foreign origin, even with the right token', async () => {
    await expectRefused(await forge({ origin: 'http://localhost:8000' }, { _csrf: victim.token }))
  })

  it('is refused without Sec-Fetch headers and without an origin, for want of the token', async () => {
    await expectRefused(await forge({}))
  })

  it('is refused with a wrong token', async () => {
    await expectRefused(await forge({}, { _csrf: victim.token.replaceAll(/[0-9a-f]/g, '0') }))
  })

  it('is only told from an honest one by these proofs: that one is served', async () => {
    const honest = await forge({ 'sec-fetch-site': 'same-origin', origin: demo.origin }, { _csrf: victim.token })
    expect(honest.status).toBe(303)
    expect((await send(`${demo.origin}/basket`, { cookie: victim.cookie })).text).toContain('id="total">€34.50<')
  })
})
