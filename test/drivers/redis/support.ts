import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis-6'
import { needs } from '../../../scripts/services.ts'
import { randomHex } from '../../../src/session/random.ts'

export interface SharedRedis {
  readonly url: string
  readonly stop: () => Promise<void>
}

/**
 * The Redis that the machine brings, where one runs: HOLDFAST_TEST_REDIS, or the usual port. It is never restarted, flushed or configured, and each
 * test has a prefix of its own. Elsewhere one is started.
 */
export async function sharedRedis(): Promise<SharedRedis> {
  const named = process.env['HOLDFAST_TEST_REDIS']
  if (named !== undefined && named !== '') return { url: named, stop: async () => undefined }
  if (await isOpen(6379)) return { url: 'redis://127.0.0.1:6379', stop: async () => undefined }
  return startRedis()
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const answer = (open: boolean) => () => {
      socket.destroy()
      resolve(open)
    }
    socket.once('connect', answer(true)).once('error', answer(false))
  })
}

export function newPrefix(): string {
  return `holdfast-test:${randomHex(6)}:`
}

/** A plain client, beside the one that is tested. */
export async function plainClient(url: string) {
  const client = createClient({ url })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

export type PlainClient = Awaited<ReturnType<typeof plainClient>>

/** The names of all keys under a prefix. */
export async function keysUnder(client: PlainClient, prefix: string): Promise<string[]> {
  const names: string[] = []
  for await (const some of client.scanIterator({ MATCH: `${prefix}*`, COUNT: 1000 })) names.push(...some)
  return [...new Set(names)]
}

export async function removeUnder(client: PlainClient, prefix: string): Promise<void> {
  const names = await keysUnder(client, prefix)
  if (names.length > 0) await client.unlink(names)
}

/** Damages what lies under a key, so that its header is none. Gives what puts it back, with the time that it had. */
export async function damage(client: PlainClient, key: string): Promise<() => Promise<void>> {
  const undo = await keep(client, key)
  await client.setRange(key, 1, 'X')
  return undo
}

/** Keeps a key as it is, to put it back. */
export async function keep(client: PlainClient, key: string): Promise<() => Promise<void>> {
  const bytes = client.withTypeMapping({ 36: Buffer })
  const dump = await bytes.dump(key)
  const left = await client.pTTL(key)
  return async () => {
    await client.del(key)
    await client.restore(key, Math.max(0, left), dump)
  }
}

export interface OwnRedis {
  readonly port: number
  readonly url: string
  readonly pid: number
  /** Ends it at once, as a crash would. */
  readonly kill: () => Promise<void>
  /** Starts it again on the same port and the same files. */
  readonly restart: () => Promise<void>
  /** Ends it and removes its files. */
  readonly stop: () => Promise<void>
}

/** Starts a Redis server of the test's own that loses nothing it answered: every write is on the disk first. */
export async function startRedis(options: { readonly args?: readonly string[]; readonly port?: number } = {}): Promise<OwnRedis> {
  const port = options.port ?? (await freePort())
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-redis-'))
  let child = await launch(port, folder, options.args ?? [])
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.ref()
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    get pid() {
      return child.pid ?? 0
    },
    kill,
    restart: async () => {
      await kill()
      child = await launch(port, folder, options.args ?? [])
    },
    stop: async () => {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function launch(port: number, folder: string, args: readonly string[]): Promise<ChildProcess> {
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '']
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder]
  const child = spawn(needs['redis-server'].find() ?? 'redis-server', [...place, ...durable, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said += chunk.toString()
      if (said.includes('Ready to accept connections')) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`redis-server ended: ${said}`)))
  })
  // Whoever waits for nothing but this server may end.
  child.unref()
  return child
}

export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address: AddressInfo | string | null = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

export interface Gate {
  readonly port: number
  readonly url: string
  /** Ends all connections and refuses new ones; gives what opens it again. */
  readonly cut: () => () => void
  readonly close: () => Promise<void>
}

/** A port in front of a server that can be cut. */
export async function openGate(target: string): Promise<Gate> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer((near) => {
    if (isCut) {
      near.destroy()
      return
    }
    const far = connect(Number(port === '' ? 6379 : port), hostname)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one
        .on('error', () => other.destroy())
        .on('close', () => {
          sockets.delete(one)
          other.destroy()
        })
      one.pipe(other)
    }
  })
  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address: AddressInfo | string | null = server.address()
  const own = typeof address === 'object' && address !== null ? address.port : 0
  return {
    port: own,
    url: `redis://127.0.0.1:${own}`,
    cut: () => {
      isCut = true
      cutAll()
      return () => (isCut = false)
    },
    close: async () => {
      cutAll()
      server.close()
      await once(server, 'close')
    },
  }
}
