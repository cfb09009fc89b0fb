/** What the measured handlers do with a session, in each library's own words. A carrier is what they find the session by. */
export interface Counter<Carrier> {
  /** Puts ordinary data and a count of 0 into a new session. */
  readonly fill: (carrier: Carrier) => void | Promise<void>
  /** Gives the count; anything that is false in a session that has none. */
  readonly read: (carrier: Carrier) => unknown
  readonly write: (carrier: Carrier, count: number) => void | Promise<void>
  /** Reads, adds one, writes and gives that, for a library that has a word for it. */
  readonly raise?: (carrier: Carrier) => Promise<number>
}

/** What an answer of the measured handlers says. */
export interface Counted {
  readonly count: number
}

/** Answers a request of one path. `ms` is what `/slow` waits between reading and writing. */
export type Handler<Carrier> = (carrier: Carrier, ms: number) => Promise<Counted>

/** The measured handlers, by their paths: those of `counter-app.ts`. */
export function handlersOf<Carrier>({ fill, read, write, raise }: Counter<Carrier>): ReadonlyMap<string, Handler<Carrier>> {
  const count = async (carrier: Carrier): Promise<number> => Number((await read(carrier)) || 0)
  const slowly: Handler<Carrier> = async (carrier, ms) => {
    const next = (await count(carrier)) + 1
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms))
    await write(carrier, next)
    return { count: next }
  }
  return new Map<string, Handler<Carrier>>([
    [
      '/new',
      async (carrier) => {
        await fill(carrier)
        return { count: 0 }
      },
    ],
    ['/write', raise === undefined ? (carrier) => slowly(carrier, 0) : async (carrier) => ({ count: await raise(carrier) })],
    ['/slow', slowly],
    ['/read', async (carrier) => ({ count: await count(carrier) })],
    ['/ignored', async () => ({ count: 0 })],
  ])
}

export const withoutSession: Counter<unknown> = { fill() {}, read: () => 0, write() {} }

export const SECRET = 'a secret of the usual length, 40 letters'
