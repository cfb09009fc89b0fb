import { type EventSource, NotSent, Trouble } from './bridge.ts'

/** What ioredis and iovalkey say of a client of theirs, single or Cluster. */
export interface Ownable extends EventSource {
  readonly status: string
  connect(): Promise<unknown>
  disconnect(): void
}

/** A client of the driver's own, made like the one that was handed in on first use, and closed with the driver. */
export class OwnClient<Client extends Ownable> {
  readonly trouble: Trouble = new Trouble()
  readonly #make: () => Client
  #client: Client | undefined

  constructor(make: () => Client) {
    this.#make = make
  }

  /** It, while it is connected. @throws {NotSent} */
  get connected(): Client {
    if (this.#client?.status !== 'ready') throw new NotSent('The client is not connected.')
    return this.#client
  }

  readonly connect = async (): Promise<void> => {
    const client = (this.#client ??= this.#make())
    this.trouble.listenTo(client)
    // One that has given up is asked again: it ends for good only when the driver is closed.
    if (client.status === 'wait' || client.status === 'end') await client.connect()
    else await becomesReady(client)
  }

  readonly close = async (): Promise<void> => {
    this.#client?.disconnect()
    this.#client = undefined
  }

  readonly isReady = (): boolean => {
    if (this.#client?.status === 'end') this.#client.connect().catch(() => undefined)
    return this.#client?.status === 'ready'
  }
}

/** Waits while it connects; the caller bounds the wait. */
function becomesReady(client: Ownable): Promise<void> {
  if (client.status === 'ready') return Promise.resolve()
  return new Promise((resolve, reject) => {
    const settle = (how: () => void) => () => {
      client.off('ready', onReady)
      client.off('end', onEnd)
      how()
    }
    const onReady = settle(resolve)
    const onEnd = settle(() => reject(new NotSent('The client gave up connecting.')))
    client.on('ready', onReady)
    client.on('end', onEnd)
  })
}
