import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, vi } from 'vitest'
import type { RequestHandler } from 'next/dist/server/next.js'
import { builtApplication } from '../transport/applications/build.ts'

interface NextServer {
  prepare(): Promise<void>
  close(): Promise<void>
  getRequestHandler(): RequestHandler
}

// Its types say that this function is something else, by Node's rules.
const createServer: (options: { readonly dir: string; readonly dev: boolean; readonly quiet: boolean }) => NextServer = createRequire(
  import.meta.url,
)('next')

/** An application of `test/transport/applications` that Next has built, and answers for in this process: what both keep in `globalThis` is one. */
export function builtNext(name: string): { readonly folder: string; readonly answer: () => RequestHandler } {
  const { folder } = builtApplication(name, ['next', 'build'])
  const dir = join(import.meta.dirname, '../transport/applications', name)
  let server: NextServer | undefined
  beforeAll(async () => {
    process.env['HOLDFAST_BUILD'] = folder
    vi.stubEnv('NODE_ENV', 'production')
    server = createServer({ dir, dev: false, quiet: true })
    await server.prepare()
  }, 60_000)
  afterAll(() => server?.close())
  const answer = (): RequestHandler => {
    if (server === undefined) throw new Error('Next is not ready before the tests of its file are.')
    return server.getRequestHandler()
  }
  return { folder, answer }
}
