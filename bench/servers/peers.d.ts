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

declare module 'connect-pg-simple' {
  import type { Store } from 'express-session'
  import type { Pool } from 'pg'

  interface Options {
    readonly pool: Pool
    readonly createTableIfMissing: boolean
  }
  export default function connectPgSimple(session: unknown): new (options: Options) => Store
}

declare module 'express-mysql-session' {
  import type { Store } from 'express-session'
  import type { Pool } from 'mysql2/promise'

  interface Options {
    readonly schema: { readonly tableName: string }
  }
  interface MySqlStore extends Store {
    onReady(): Promise<void>
  }
  export default function mysqlSession(session: unknown): new (options: Options, connection: Pool) => MySqlStore
}

declare module 'better-sqlite3-session-store' {
  import type { Database } from 'better-sqlite3'
  import type { Store } from 'express-session'

  export default function sqliteStore(session: unknown): new (options: { readonly client: Database }) => Store
}

declare module 'connect-sqlite3' {
  import type { EventEmitter } from 'node:events'
  import type { Store } from 'express-session'
  import type { Database } from 'sqlite3'

  interface SqliteStore extends Store {
    readonly client: EventEmitter
  }
  export default function connectSqlite3(
    session: unknown,
  ): new (options: { readonly db: Database; readonly concurrentDb: boolean }) => SqliteStore
}

declare module 'sqlite3' {
  export class Database {
    constructor(path: string)
    exec(sql: string, callback: (error: Error | null) => void): void
    close(): void
  }
  const sqlite3: { readonly Database: typeof Database }
  export default sqlite3
}
