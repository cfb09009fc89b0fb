import type { RunningServer } from '../harness/bench.ts'
import { Connection, cookiesOf, countOf } from '../harness/connection.ts'

export const CLIENTS = 8

export interface RaceOptions {
  readonly increments: number
  /** How long a request waits between reading and writing. */
  readonly waitMs: () => number
}

export interface Race {
  /** Increments that were answered with 200. */
  readonly acknowledged: number
  /** What the session holds in the end. */
  readonly final: number
}

/**
 * One session, all increments at once on several connections of one browser, spread over the server's processes. Each waits between reading and writing.
 * A request is sent with the cookie that the browser was given last: a session may be in it.
 * @throws when the session cannot be read in the end.
 */
export async function race(servers: readonly Pick<RunningServer, 'port'>[], { increments, waitMs }: RaceOptions): Promise<Race> {
  const portOf = (at: number): number => servers[at % servers.length]?.port ?? 0
  const first = await Connection.to(portOf(0))
  let cookie = cookiesOf(await first.get('/new'))
  first.close()
  let sent = 0
  let acknowledged = 0
  const client = async (_: unknown, at: number): Promise<void> => {
    const connection = await Connection.to(portOf(at))
    while (sent < increments) {
      sent++
      const answer = await connection.get(`/slow?ms=${waitMs()}`, cookie)
      if (answer.status === 200) acknowledged++
      cookie = cookiesOf(answer) || cookie
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
  const last = await Connection.to(portOf(0))
  const answer = await last.get('/read', cookie)
  last.close()
  const final = countOf(answer)
  if (answer.status !== 200 || Number.isNaN(final)) throw new Error(`/read answered ${answer.status} ${answer.body}`)
  return { acknowledged, final }
}
