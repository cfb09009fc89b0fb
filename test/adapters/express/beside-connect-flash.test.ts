import { createServer } from 'node:http'
import express from 'express'
import type { RequestHandler } from 'express'
import { expect, it, vi } from 'vitest'
import { session } from '../../../src/adapters/express.ts'
import { testClient } from '../../../src/testing/index.ts'
import { realManager } from '../node/real-manager.ts'

/** Stands for `connect-flash`: what it does to `req.session` when a message is added or read. */
function connectFlash(asked: object, type: string, message?: string): unknown {
  const visitor: unknown = Reflect.get(asked, 'session')
  const given: unknown = Reflect.get(Object(visitor), 'flash')
  const messages = Object(given ?? {})
  // In sloppy mode, as its file is: what is refused by a frozen object alone would be refused without a word.
  Reflect.set(Object(visitor), 'flash', messages)
  if (message !== undefined) Reflect.set(messages, type, [message])
  return Reflect.get(messages, type) ?? []
}

it('connect-flash, which would show each visitor the messages of all, is refused by name', async () => {
  const app = express()
  app.use(session(realManager()))
  const add: RequestHandler = (req, res) => {
    connectFlash(req, 'note', 'for one visitor')
    res.send('added')
  }
  app.get('/add', add)
  app.get('/', (req, res) => void res.json(connectFlash(req, 'note')))
  app.use(((error, _req, res, _next) => void res.status(500).json(error.message)) satisfies express.ErrorRequestHandler)
  await using one = testClient(createServer(app))
  await using other = testClient(createServer(app))
  const refused = await one.get('/add')
  expect(await (await other.get('/')).text()).not.toContain('for one visitor')
  expect([refused.status, await refused.text()]).toEqual([500, expect.stringContaining("'flash' is a method of the session")])
})

it('a double of flash() can stand in for it in a test of an application', async () => {
  const sessions = realManager()
  session(sessions)
  const visitor = await sessions.start()
  const double = vi.spyOn(visitor, 'flash').mockReturnValue(undefined)
  visitor.flash('note', 'kept nowhere')
  expect(double).toHaveBeenCalledWith('note', 'kept nowhere')
  expect(visitor.getFlash('note')).toBeUndefined()
  double.mockRestore()
  visitor.flash('note', 'kept')
  expect(visitor.getFlash('note')).toBe('kept')
})
