import { Elysia } from 'elysia'
import express from 'express'
import { Hono } from 'hono'
import Koa from 'koa'
import { describe, expect, it } from 'vitest'
import * as elysiaDoor from '../../src/adapters/elysia.ts'
import * as expressDoor from '../../src/adapters/express.ts'
import * as honoDoor from '../../src/adapters/hono.ts'
import * as koaDoor from '../../src/adapters/koa.ts'
import * as nodeDoor from '../../src/adapters/node.ts'
import { ask, serve } from './node/support.ts'

// As JavaScript can.
// oxlint-disable-next-line typescript/no-explicit-any -- as it is handed to any framework
type Mounted = (...given: any[]) => any

/** What is said where a part is mounted that was not called. */
const ways: readonly [string, object, (part: Mounted) => Promise<unknown>][] = [
  [
    'express',
    expressDoor,
    async (part) => {
      let said: unknown
      const app = express().use(part)
      app.use(((error, _request, response, _next) => {
        said = error
        response.end()
      }) satisfies express.ErrorRequestHandler)
      await ask(await serve(app))
      return said
    },
  ],
  [
    'node',
    nodeDoor,
    async (part) => {
      let said: unknown
      const served = await serve((request, response) => {
        said = thrownBy(() => Reflect.apply(part, undefined, [request, response, () => undefined]))
        response.end()
      })
      await ask(served)
      return said
    },
  ],
  [
    'koa',
    koaDoor,
    async (part) => {
      let said: unknown
      const app = new Koa().use(part)
      app.on('error', (error) => {
        said = error
      })
      const handle = app.callback()
      await ask(await serve((request, response) => void handle(request, response)))
      return said
    },
  ],
  [
    'hono',
    honoDoor,
    async (part) => {
      let said: unknown
      const app = new Hono().use(part).onError((error, c) => {
        said = error
        return c.text('')
      })
      await app.request('/')
      return said
    },
  ],
  [
    'elysia',
    elysiaDoor,
    async (part) => {
      let said: unknown
      const app = new Elysia().onError(({ error }) => {
        said = error
      })
      await app
        .onBeforeHandle(part)
        .get('/', () => 'x')
        .handle(new Request('http://x.example/'))
      return said
    },
  ],
]

function thrownBy(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}

describe.each(ways)('holdfast/%s', (_, door, mounting) => {
  it.each([
    ['session', 'session(sessions)'],
    ['csrf', 'csrf()'],
    ['ownPages', 'ownPages()'],
    ['requireFresh', 'requireFresh()'],
    ['logout', 'logout()'],
  ])('%s that is mounted without being called says so', async (name, call) => {
    const said = await mounting(Reflect.get(door, name))
    expect(said).toMatchObject({ message: `Option '${name}': was given a request. Call it where it is mounted: ${call}.` })
  })
})
