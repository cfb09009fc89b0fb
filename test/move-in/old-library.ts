import { createRequire } from 'node:module'
import type { RequestHandler } from 'express'
import type { ConnectStore } from '../../src/move-in/index.ts'

/** A request's session, as express-session gives it, with what the old application keeps in it. */
export interface OldVisit {
  passport?: { readonly user: string }
  cart?: string[]
  visits?: number
  regenerate(done: (error: unknown) => void): void
  destroy(done: (error: unknown) => void): void
}

export interface OldLibraryOptions {
  readonly store: ConnectStore
  readonly secret: string | string[]
  readonly cookie: { readonly maxAge?: number; readonly path?: string }
  readonly resave: boolean
  readonly saveUninitialized: boolean
}

interface OldLibrary {
  (options: OldLibraryOptions): RequestHandler
  readonly MemoryStore: new () => ConnectStore & { readonly sessions: Record<string, string> }
}

type StoreMaker = (library: OldLibrary) => new (options: object) => ConnectStore

// As its users load it; the two stores bring no types of their own.
const require = createRequire(import.meta.url)
export const expressSession: OldLibrary = require('express-session')
export const connectPgSimple: StoreMaker = require('connect-pg-simple')
export const sessionFileStore: StoreMaker = require('session-file-store')

/** The old session of a request: the property that it shares with ours has our type. */
export function oldVisit(request: object): OldVisit {
  return Reflect.get(request, 'session') as OldVisit
}

/** session-file-store on a folder. */
export function fileStoreIn(path: string): ConnectStore {
  const FileStore = sessionFileStore(expressSession)
  return new FileStore({ path, retries: 0, reapInterval: -1, logFn: () => undefined })
}
