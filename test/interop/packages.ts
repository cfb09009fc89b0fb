import { createRequire } from 'node:module'
import type { CallbackStore, ListedCallbackStore } from '../../src/interop/index.ts'

// The types of some packages give every request of Express and Fastify a session of their own. Their values come in without them.
const load = createRequire(import.meta.url)

type Middleware = (request: object, response: object, next: (error?: unknown) => void) => void

interface ExpressSession {
  (options: object): Middleware
  readonly MemoryStore: new () => ListedCallbackStore & { sessions: Record<string, string> }
  readonly Store: new () => object
}

export const expressSession: ExpressSession = load('express-session')

interface FileStoreOptions {
  readonly path: string
  readonly retries: number
  readonly reapInterval: number
  readonly logFn: () => void
}

/** The store of `session-file-store`. */
export const FileStore: new (options: FileStoreOptions) => CallbackStore = load('session-file-store')(expressSession)

interface RedisStoreOptions {
  readonly client: object
  readonly prefix: string
}

/** The store of `connect-redis`. */
export const RedisStore: new (options: RedisStoreOptions) => ListedCallbackStore = load('connect-redis').RedisStore

type FastifyPlugin = (instance: object, options: object, done: () => void) => void

/** `@fastify/session`, and `@fastify/cookie` that it needs. */
export const fastifySession: FastifyPlugin = load('@fastify/session')
export const fastifyCookie: FastifyPlugin = load('@fastify/cookie')
