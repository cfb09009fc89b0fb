import { Elysia } from 'elysia'
import express from 'express'
import { describe, expect, it } from 'vitest'
import * as elysia from '../../src/adapters/elysia.ts'
import { session } from '../../src/adapters/express.ts'
import type { SessionOptions } from '../../src/adapters/express.ts'
import { realManager } from './node/real-manager.ts'
import { ask, serve } from './node/support.ts'

type Told = Pick<SessionOptions, 'enabled' | 'except' | 'concurrency' | 'trustProxy' | 'saveOnError'>

/** What a route answers that has a session by `first`, and inside of it another of the same manager by `second`. */
const ways: readonly [string, (first: Told, second: Told) => Promise<string>][] = [
  [
    'Express',
    async (first, second) => {
      const sessions = realManager()
      const app = express()
      app.use(session(sessions, first))
      app.use('/part', session(sessions, second))
      app.get('/part', (request, response) => void response.send(request.session.mode))
      app.use(((error, _request, response, _next) => void response.end(error.message)) satisfies express.ErrorRequestHandler)
      return (await ask(await serve(app), '/part')).body
    },
  ],
  [
    'Elysia',
    async (first, second) => {
      const sessions = realManager()
      // What is used later stands around what was used before.
      const app = new Elysia()
        .onError(({ error }) => (error instanceof elysia.ElysiaSessionError ? error.cause.message : 'an error of another kind'))
        .use(elysia.session(sessions, withoutProxy(second)))
        .use(elysia.session(sessions, withoutProxy(first)))
        .get('/part', ({ session: opened }) => opened.mode)
      return await (await app.handle(new Request('http://x.example/part'))).text()
    },
  ],
]

function withoutProxy({ enabled, except, concurrency, saveOnError }: Told): elysia.ElysiaSessionOptions {
  return { enabled, except, saveOnError, concurrency: typeof concurrency === 'string' ? concurrency : undefined }
}

describe.each(ways)('a second session() of one manager in %s', (_, answer) => {
  it('is refused where what it was told would have no effect', async () => {
    const ignored: [Told, Told, string][] = [
      [{}, { concurrency: 'readonly' }, 'concurrency'],
      [{ concurrency: 'merge' }, { concurrency: 'readonly' }, 'concurrency'],
      [{}, { except: ['/other'] }, 'except'],
      [{}, { except: ['/part'] }, 'except'],
      [{}, { enabled: false }, 'enabled'],
      [{}, { saveOnError: true }, 'saveOnError'],
      [{ saveOnError: true }, { saveOnError: false }, 'saveOnError'],
    ]
    for (const [first, second, name] of ignored)
      expect(await answer(first, second)).toBe(
        `Option 'session.${name}': would have no effect: another session() has opened the session already, by its own options. Say it there, or except these paths there.`,
      )
  })

  it('does nothing where it was told the same, what holds anyway, or nothing', async () => {
    expect(await answer({ concurrency: 'merge' }, {})).toBe('merge')
    expect(await answer({ concurrency: 'merge', saveOnError: true }, { concurrency: 'merge' })).toBe('merge')
    expect(await answer({ except: ['/other'] }, { except: ['/other'] })).toBe('exclusive')
    expect(await answer({}, { enabled: true, except: [], saveOnError: false, trustProxy: false })).toBe('exclusive')
  })

  it('opens the session by its own options where the first one leaves the path out', async () => {
    expect(await answer({ except: ['/part'] }, { concurrency: 'readonly' })).toBe('readonly')
    expect(await answer({ enabled: false }, { concurrency: 'readonly', saveOnError: true })).toBe('readonly')
  })
})
