import { join } from 'node:path'
import { startServer, withFolder } from '../harness/bench.ts'
import { Connection, cookiesOf, countOf } from '../harness/connection.ts'
import { median } from '../harness/quiet.ts'
import { race } from './race.ts'
import type { Race, RaceOptions } from './race.ts'
import { WORKLOADS } from './pair.ts'
import type { Workload } from './pair.ts'
import { TripCounter } from './trip-counter.ts'

/** Before it is counted: a client may connect, and say each statement once, when it is first needed. */
const FIRST_REQUESTS = 3
const COUNTED_REQUESTS = 15

export interface Counted {
  /** Round trips to the store for a request; none without a store. */
  readonly trips: Readonly<Partial<Record<Workload, number>>>
  readonly race: Race
}

interface CountedOptions extends RaceOptions {
  /** `bench/servers/NAME.ts`. */
  readonly server: string
  readonly processes: number
  readonly storeUrl?: string | undefined
}

/** What can be counted of a server, beside the clock: in processes of its own, which share the store. */
export function counted({ server, processes, storeUrl, ...raced }: CountedOptions): Promise<Counted> {
  return withFolder(async (folder) => {
    await using counter = storeUrl === undefined ? undefined : await TripCounter.before(storeUrl)
    const shared = join(folder, server)
    // One after the other: each makes its table if it is missing.
    const servers = []
    try {
      for (let at = 0; at < processes; at++) servers.push(await startServer(server, shared, {}, counter?.url))
      const trips = counter === undefined ? {} : await tripsOf(servers[0]?.port ?? 0, counter)
      return { trips, race: await race(servers, raced) }
    } finally {
      await Promise.all(servers.map(({ process }) => process.stop()))
    }
  })
}

async function tripsOf(port: number, counter: TripCounter): Promise<Record<Workload, number>> {
  const connection = await Connection.to(port)
  const cookie = cookiesOf(await connection.get('/new'))
  const found = { changed: Number.NaN, unchanged: Number.NaN }
  for (const { name, path } of WORKLOADS) {
    const trips: number[] = []
    for (let request = -FIRST_REQUESTS; request < COUNTED_REQUESTS; request++) {
      await counter.take()
      const answer = await connection.get(path, cookie)
      if (answer.status !== 200 || Number.isNaN(countOf(answer))) throw new Error(`${path} answered ${answer.status} ${answer.body}`)
      if (request >= 0) trips.push(await counter.take())
    }
    found[name] = median(trips)
  }
  connection.close()
  return found
}
