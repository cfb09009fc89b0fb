import type { StoreKey } from '../../src/session/id.ts'
import { keyOf } from '../shared/place.ts'
import type { Path, Told } from './visitor-app.ts'

export interface Answer extends Told {
  readonly status: number
  /** The cookie that it sets, as a `Cookie` header has it. */
  readonly sets: string | undefined
  readonly response: Response
}

const ORIGIN = 'https://bench.example'

/** Sends a request with a cookie, or with none. */
export async function visit(app: (request: Request) => Promise<Response>, path: Path, cookie: string | undefined): Promise<Answer> {
  const response = await app(new Request(new URL(path, ORIGIN), { headers: cookie === undefined ? {} : { cookie } }))
  const told: Told = await response.json()
  return { ...told, status: response.status, sets: response.headers.getSetCookie()[0]?.split(';')[0], response }
}

/** What a store calls the session of a cookie. */
export function keyIn(cookie: string | undefined): Promise<StoreKey> {
  return keyOf(cookie?.split('=')[1] ?? '')
}
