import { createServer } from 'node:http'
import { Elysia } from 'elysia'
import fastify from 'fastify'
import Koa from 'koa'
import { expect, it } from 'vitest'
import { csrf, session } from '../../src/adapters/elysia.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { CookieJar, testClient, testSession } from '../../src/testing/index.ts'

it('an application of Elysia, which has both fetch and listen, is handed to a test client as it is', async () => {
  const sessions = new SessionManager({ driver: new MemoryDriver({ acknowledged: true }) })
  const app = new Elysia()
    .use(session(sessions))
    .use(csrf())
    .get('/', ({ session: visitor }) => String(visitor.userId))
    .post('/', () => 'posted')
  const client = testClient(app, { sessions })
  await client.login(7)
  expect(await (await client.get('/')).text()).toBe('7')
  expect([(await client.post('/')).status, (await client.post('/', { csrf: false })).status]).toEqual([200, 403])
  await client.close()
})

it('a cookie that an application clears or lets end by its Expires is gone, unless Max-Age says otherwise', () => {
  const jar = new CookieJar()
  const take = (line: string): void => jar.take(new Response(null, { headers: { 'set-cookie': line } }))
  const past = 'Expires=Thu, 01 Jan 1970 00:00:00 GMT'
  take('theme=dark; Path=/')
  take(`theme=; Path=/; ${past}`) // as res.clearCookie('theme') of Express has it
  expect(jar.get('theme')).toBeUndefined()
  expect(jar.header('/')).toBeUndefined()
  take(`kept=1; Path=/; Max-Age=60; ${past}`)
  take('later=1; Path=/; Expires=Fri, 31 Dec 9999 00:00:00 GMT')
  expect(jar.header('/')).toBe('kept=1; later=1')
})

it('what a test client cannot talk to is refused with what to hand in, and the server of it is taken', async () => {
  const [koa, app] = [new Koa(), fastify()]
  for (const other of [koa, app, 'http://localhost', undefined, {}]) {
    expect(() => Reflect.apply(testClient, undefined, [other])).toThrow(
      /createServer\(app\.callback\(\)\) of Koa, app\.server of a Fastify/,
    )
  }
  koa.use((context) => void (context.body = 'koa'))
  app.get('/', () => 'fastify')
  await app.ready()
  const handle = koa.callback()
  await using one = testClient(createServer((request, response) => void handle(request, response)))
  await using other = testClient(app.server)
  expect([await (await one.get('/')).text(), await (await other.get('/')).text()]).toEqual(['koa', 'fastify'])
})

it('clients that follow one another on the same server leave nothing on it', async () => {
  const server = createServer((_, response) => void response.end('ok'))
  for (let each = 0; each < 3; each++) {
    await using client = testClient(server)
    expect((await client.get('/')).status).toBe(200)
  }
  expect(server.listenerCount('error')).toBe(0)
})

it('what is no option of a test client, of its requests or of a test session is refused by name', async () => {
  const client = testClient(() => new Response('ok'))
  // @ts-expect-error: it is `form` or `json`.
  await expect(client.post('/', { body: 'x' })).rejects.toThrow("'request.body': is not known")
  expect(() => Reflect.apply(testClient, undefined, [() => new Response(), { session: {} }])).toThrow("'testClient.session': is not known")
  expect(() => Reflect.apply(testSession, undefined, [{}, { user: 7 }])).toThrow("'testSession.user': is not known")
  expect(testSession({ a: 1 }, { userId: 7, flash: { saved: true } }).userId).toBe('7')
})
