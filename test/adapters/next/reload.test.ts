import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { freePorts } from '../../support/free-ports.ts'
import { Visitor } from '../../transport/visitor.ts'
import { shownIn } from './support.ts'

const REPOSITORY = join(import.meta.dirname, '../../..')
const MOST_MS = 180_000
const cleaning: (() => unknown)[] = []

afterAll(async () => {
  for (const clean of cleaning.toReversed()) await clean()
})

/** A copy of test/transport/applications/next-dev, which a test may edit, as deep in the repository as the original. */
function copyOfApplication(): string {
  mkdirSync(join(REPOSITORY, 'var'), { recursive: true })
  const above = mkdtempSync(join(REPOSITORY, 'var/next-dev-'))
  cleaning.push(() => rmSync(above, { recursive: true, force: true }))
  const folder = join(above, 'copy/application')
  cpSync(join(REPOSITORY, 'test/transport/applications/next-dev'), folder, { recursive: true })
  return folder
}

/** What stands for a store: it counts who is connected. */
async function listening(): Promise<{ readonly port: number; readonly connected: () => Promise<number> }> {
  const server: Server = createServer((socket) => socket.on('error', () => undefined))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleaning.push(() => server.close())
  const address = server.address()
  const connected = (): Promise<number> =>
    new Promise((resolve, reject) => server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))))
  return { port: typeof address === 'object' && address !== null ? address.port : 0, connected }
}

async function develop(folder: string, storePort: number): Promise<Visitor> {
  const [port = 0] = await freePorts(1)
  const path = [dirname(process.execPath), process.env['PATH']].join(':')
  const child = spawn(join(REPOSITORY, 'node_modules/.bin/next'), ['dev', '-H', '127.0.0.1', '-p', String(port)], {
    cwd: folder,
    env: { ...process.env, PATH: path, NODE_ENV: 'development', STORE_PORT: String(storePort), NEXT_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const ended = once(child, 'exit')
  cleaning.push(() => {
    // Next starts the server that serves as a child of its own: they are one group.
    process.kill(-(child.pid ?? 0), 'SIGKILL')
    return ended
  })
  let output = ''
  await new Promise<void>((resolve, reject) => {
    const hear = (text: Buffer): void => {
      output += text.toString()
      if (output.includes('Ready in')) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    void ended.then(() => reject(new Error(`next dev ended: ${output}`)))
  })
  return new Visitor(port)
}

/** What a page tells of the file that makes the manager, and of the visitor's session. */
async function told(visitor: Visitor): Promise<Told> {
  const shown = shownIn(await visitor.see('/read'))
  if (typeof shown === 'object' && shown !== null && isTold(shown)) return shown
  throw new TypeError('the page tells something else')
}

interface Told {
  readonly edition: number
  readonly loads: number
  readonly count: number
}

function isTold(shown: object): shown is Told {
  return 'edition' in shown && 'loads' in shown && 'count' in shown
}

describe('next dev', () => {
  it(
    'makes no second manager, and leaves no connection behind, when a file is edited; nobody is logged out',
    async () => {
      const folder = copyOfApplication()
      const store = await listening()
      const visitor = await develop(folder, store.port)
      await visitor.see('/count')
      // By now the bundles of the route handler, of the page and of the proxy have each run the file.
      const first = await told(visitor)
      expect(first).toMatchObject({ edition: 1, count: 1 })

      const file = join(folder, 'lib/sessions.ts')
      let last = first
      for (const edition of [2, 3]) {
        writeFileSync(file, readFileSync(file, 'utf8').replace(/EDITION = \d/, `EDITION = ${edition}`))
        while (last.edition !== edition) last = await told(visitor)
        await visitor.see('/count')
      }
      expect(await told(visitor)).toMatchObject({ edition: 3, count: 3 })
      expect(last.loads).toBeGreaterThanOrEqual(first.loads + 2)
      expect(await store.connected()).toBe(1)
    },
    MOST_MS,
  )
})
