// As much of the peers' types as the benches use: they bring none.
declare module 'express-session' {
  import type { RequestHandler } from 'express'

  export type SessionData = object
  export class Store {
    get(id: string, callback: (error: unknown, session?: unknown) => void): void
  }
  export class MemoryStore extends Store {}
  interface Options {
    readonly secret: string
    readonly resave: boolean
    readonly saveUninitialized: boolean
    readonly store: Store
  }
  export default function session(options: Options): RequestHandler
}

declare module 'session-file-store' {
  import type { Store } from 'express-session'

  interface Options {
    readonly path: string
    readonly logFn: (line: string) => void
  }
  export default function fileStore(session: unknown): new (options: Options) => Store
}
