import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import express from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import { session } from '../../../src/adapters/express.ts'
import { session as fetchSession } from '../../../src/adapters/fetch.ts'
import { openShop } from '../../manager/support/shop.ts'
import type { Shop } from '../../manager/support/shop.ts'
import { serve, until } from '../node/support.ts'

async function listen(shop: Shop, id: string): Promise<{ readonly response: IncomingMessage; readonly text: () => string }> {
  const app = express()
  app.use(session(shop.sessions, { concurrency: (req) => (req.path === '/events' ? 'readonly' : undefined) }))
  app.get('/events', (req, res) => {
    const closed = new AbortController()
    res.on('close', () => closed.abort())
    res.writeHead(200, { 'Content-Type': 'text/event-stream' })
    res.write(`data: Hello ${String(req.session.get('name'))}\n\n`)
    void req.session.watch({ everySeconds: 0.05, signal: closed.signal }).then(({ reason }) => res.end(`event: end\ndata: ${reason}\n\n`))
  })
  const { port } = await serve(app)
  const request = httpRequest({ port, path: '/events', agent: false, headers: { cookie: `ml_session=${id}` } })
  request.end()
  const [response]: IncomingMessage[] = await once(request, 'response')
  if (response === undefined) throw new Error('no response')
  onTestFinished(() => void response.destroy())
  let text = ''
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  response.on('error', () => undefined)
  await until(() => text.includes('\n\n'))
  return { response, text: () => text }
}

async function shopWithSession(): Promise<{ readonly shop: Shop; readonly id: string }> {
  const shop = openShop({ cookie: { secure: 'auto' } })
  return { shop, id: await shop.stored((fresh) => fresh.set('name', 'Ada')) }
}

describe('an event source', () => {
  it('of Express ends when its session does, and holds no lock meanwhile', async () => {
    const { shop, id } = await shopWithSession()
    const { response, text } = await listen(shop, id)
    expect(await shop.sessions.run(id, (other) => other.increment('n'))).toBe(1)
    await shop.another().run(id, (other) => other.destroy())
    await once(response, 'end')
    expect(text()).toBe('data: Hello Ada\n\nevent: end\ndata: revoked\n\n')
    await shop.idle()
  })

  it('whose client hangs up is watched no more', async () => {
    const { shop, id } = await shopWithSession()
    const { response } = await listen(shop, id)
    await until(() => shop.driver.methods.filter((method) => method === 'read').length > 2)
    response.destroy()
    const before = shop.driver.methods.length
    // The server hears of it in its own time; after that there are no looks, in six times as long as they are apart.
    await new Promise((resolve) => setTimeout(resolve, 100))
    const later = shop.driver.methods.length
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(shop.driver.methods.length).toBe(later)
    expect(later - before).toBeLessThanOrEqual(3)
  })

  it('of a fetch handler ends when its session does', async () => {
    const shop = openShop()
    const id = await shop.stored((fresh) => fresh.set('name', 'Ada'))
    const serveEvents = fetchSession(shop.sessions, { concurrency: 'readonly' })((_request, context) => {
      const text = new TextEncoder()
      const leaving = new AbortController()
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          controller.enqueue(text.encode(`data: Hello ${String(context.session.get('name'))}\n\n`))
          void context.session.watch({ everySeconds: 0.05, signal: leaving.signal }).then(({ reason }) => {
            if (reason === 'stopped') return
            controller.enqueue(text.encode(`event: end\ndata: ${reason}\n\n`))
            controller.close()
          })
        },
        cancel: () => leaving.abort(),
      })
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    })
    const response = await serveEvents(new Request('https://app.example/events', { headers: { cookie: `__Host-ml_session=${id}` } }))
    const reading = response.text()
    await shop.another().run(id, (other) => other.destroy())
    expect(await reading).toBe('data: Hello Ada\n\nevent: end\ndata: revoked\n\n')
  })
})
