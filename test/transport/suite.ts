/**
 * One suite for all adapters: what a visitor's requests must meet, whatever framework stands between. A framework's test file is
 *
 *     transportSuite('Koa', async (house) => {
 *       ... an application with the routes below, in the framework's own ways
 *       return { server }
 *     })
 *
 * The function builds and starts an application on 127.0.0.1, port 0, and gives its `node:http` server (and `stop`, where closing that is not enough). `serveListener` does it for
 * a listener of `node:http`, `serveFetch` (serve-fetch.ts) for a fetch handler, and `streamOf` makes its streams. The suite calls it once for each test, with a new `House`. It mounts, in this order, what parses forms, JSON and forms with parts (where
 * the framework parses before handlers; form-fields.ts reads parts where it has nothing for them), `session(house.sessions, house.options)`, `session(house.staff, { as: 'staff' })` if there is `house.staff`, and `csrf()` (with `house.options.except`
 * where it needs that). Errors that no handler took are answered with their status, or 500, and printed nowhere.
 *
 * | Route | What it answers (text, if nothing else is said) |
 * | --- | --- |
 * | `GET /visit` `/count` `/peek` `/home` `/hold` | `house.visit(session)`, `await house.count(session)`, ... |
 * | `GET /form` | `house.form(session)`, as HTML |
 * | `POST /login` | `await house.login(session)`, then a redirect to `/home` |
 * | `POST /logout` | the adapter's `logout({ redirect: '/home' })` |
 * | `POST /save` | `await house.count(session)` |
 * | `POST /nested` | `await house.nested(session)` |
 * | `GET /loop` | `await house.loop(session, the Cookie header)` |
 * | `GET /throw` | `house.fail(session)`, which throws |
 * | `GET /refuse` | `await house.count(session)`, then the framework's own error of 404 is thrown, or the nearest that there is |
 * | `GET /missing` `/unwell` | `await house.count(session)`, with the status 404, 503 |
 * | `GET /stream` `/broken-stream` | `await house.count(session)`, then a stream of `house.chunks(session)`, `house.brokenChunks()` |
 * | `GET /same` | `await house.count(session)`; 304 if there is `If-None-Match: "same"`, else the text `same` and the `ETag` |
 * | `GET /cookies` | `await house.count(session)`, and two cookies of the application's own, `a=1` and `b=2` |
 * | `GET /fresh` | `fresh`, behind `requireFresh({ withinSeconds: 300 })` |
 * | `GET /exempt` | `none` if there is no session, else `some` |
 * | `GET /both` | `house.both(session, staff)`; asked only where there is `house.staff` |
 *
 * `HEAD` is answered as `GET` without a body. Any other path is the framework's own 404.
 */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { once } from 'node:events'
import { describe, it, onTestFinished } from 'vitest'
import { abortCases } from './cases/aborts.ts'
import { errorCases } from './cases/errors.ts'
import { flowCases } from './cases/flow.ts'
import { guardCases } from './cases/guards.ts'
import { headCases } from './cases/heads.ts'
import { lockCases } from './cases/locks.ts'
import { streamCases } from './cases/streams.ts'
import { House } from './house.ts'
import type { HouseSettings } from './house.ts'
import { LEFT_OUT, checkLeftOut } from './left-out.ts'
import { Visitor } from './visitor.ts'

export type { House } from './house.ts'

/** An application that listens. */
export interface Running {
  readonly server: Server
  /** Ends it. Default: the server and its connections are closed. */
  readonly stop?: () => Promise<void>
}

export type StartApplication = (house: House) => Promise<Running>

/** A running application with what the suite knows of it. */
export interface World {
  readonly house: House
  readonly visitor: Visitor
  /** How many connections have ended. */
  readonly left: () => number
}

/** What a file of cases is given: how it registers one, and how that gets its application. */
export interface Suite {
  readonly test: (title: string, run: () => Promise<void>) => void
  readonly begin: (settings?: HouseSettings) => Promise<World>
}

const ALL_CASES = [flowCases, guardCases, errorCases, streamCases, abortCases, headCases, lockCases]

/** What no framework may leave out: lost updates, aborted requests, errors and streams. */
const NEVER_LEFT_OUT = [errorCases, streamCases, abortCases, lockCases]

/** Every case, for one framework. At most three can be left out (left-out.ts), each for a reason that lies in the framework. */
export function transportSuite(name: string, start: StartApplication): void {
  const begin: Suite['begin'] = async (settings) => {
    const house = new House(settings)
    const { server, stop } = await start(house)
    onTestFinished(async () => {
      house.letGo()
      house.letFlow()
      server.closeAllConnections()
      if (stop === undefined) server.close()
      else await stop()
    })
    let left = 0
    server.on('connection', (socket) => socket.once('close', () => (left += 1)))
    house.port = portOf(server)
    return { house, visitor: new Visitor(house.port), left: () => left }
  }
  describe(`${name}: transport`, () => {
    const leftOut = LEFT_OUT[name] ?? {}
    const found = new Map<string, { readonly mayBeLeftOut: boolean }>()
    for (const cases of ALL_CASES) {
      const test: Suite['test'] = (title, run) => {
        found.set(title, { mayBeLeftOut: !NEVER_LEFT_OUT.includes(cases) })
        if (!(title in leftOut)) it(title, run)
      }
      cases({ test, begin })
    }
    checkLeftOut(name, leftOut, found)
  })
}

/** Starts a server of `node:http`. */
export async function serveListener(listener: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<Running> {
  const server = createServer((request, response) => void listener(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server }
}

function portOf(server: Server): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server does not listen')
  return address.port
}
