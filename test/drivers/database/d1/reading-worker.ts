import { session } from '../../../../src/adapters/fetch.ts'
import { isD1 } from '../../../../src/drivers/database/bridges/d1.ts'
import { DatabaseDriver } from '../../../../src/drivers/database/database-driver.ts'
import { SessionManager } from '../../../../src/index.ts'

let serve: ((request: Request) => Response | Promise<Response>) | undefined

export default {
  async fetch(request: Request, { DB }: { readonly DB: unknown }): Promise<Response> {
    serve ??= await application(DB)
    return await serve(request)
  },
}

async function application(client: unknown): Promise<(request: Request) => Response | Promise<Response>> {
  if (!isD1(client)) throw new TypeError('no D1 database')
  const driver = new DatabaseDriver({ client })
  await driver.migrate()
  const sessions = new SessionManager<{ n: number }>({ driver, lock: { waitSeconds: 5, leaseSeconds: 60 } })
  return session(sessions)(({ url }, { session: visitor }) =>
    Response.json(url.endsWith('/write') ? visitor.increment('n') : visitor.get('n', 0)),
  )
}
