import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, vi } from 'vitest'
import { builtNext } from '../../support/next-server.ts'
import { Visitor } from '../../transport/visitor.ts'
import { actionCases } from './cases/actions.ts'
import { pageCases } from './cases/pages.ts'
import { proxyCases } from './cases/proxy.ts'
import { routeCases } from './cases/routes.ts'
import { actionIdIn } from './support.ts'

// The application is in test/transport/applications/next-pages.
const { folder, answer } = builtNext('next-pages')
const server = createServer((request, response) => void answer()(request, response))
let port = 0

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

// Next prints what an action throws, and that a browser told it no Origin.
beforeEach(() => {
  vi.spyOn(console, 'error').mockReturnValue(undefined)
  vi.spyOn(console, 'warn').mockReturnValue(undefined)
})

const pages = {
  visitor: (): Visitor => new Visitor(port),
  origin: (): string => `http://127.0.0.1:${port}`,
  actionId: (name: string): string => actionIdIn(folder, name),
}

describe('a server component of Next.js', () => {
  pageCases(pages)
})

describe('a server action of Next.js', () => {
  actionCases(pages)
})

describe('the proxy of Next.js', () => {
  proxyCases(pages)
})

describe('a route handler of Next.js', () => {
  routeCases(pages)
})
