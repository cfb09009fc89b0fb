import { createClient } from 'redis'
import { type Proxy, startProxy } from '../../proof/faults/proxy.ts'
import type { RedisSentinel } from '../../test/support/redis-sentinel.ts'
import type { Watch } from '../shared/watched.ts'

interface Address {
  readonly host: string
  readonly port: number
}

/** What commits were acknowledged, for one kind of load. */
export interface Tally extends Required<Pick<Watch, 'committed'>> {
  readonly counts: { readonly doubleHolders: number; readonly acrossMasters: number }
}

const LAST_NAME = /"last":"(name \d+)"/

/**
 * Knows which master each write was sent to, and in which of its reigns. A server begins one when a sentinel says that it is the master
 * now: sentinels of a busy machine change masters by themselves too. Clients reach the servers through it.
 */
export class Reigns implements AsyncDisposable {
  readonly #gates = new Map<number, Proxy>()
  /** By port. */
  readonly #begun = new Map<number, number>()
  /** By the key of the session and the name of the increment: the reign in which it was last sent. */
  readonly #sentIn = new Map<string, string>()
  readonly #used = new AsyncDisposableStack()

  private constructor() {}

  static async over({ master, replica, sentinels }: RedisSentinel): Promise<Reigns> {
    const reigns = new Reigns()
    await using started = new AsyncDisposableStack()
    for (const { port } of [master, replica]) {
      const gate = started.adopt(await startProxy({ target: { port }, protocol: 'redis' }), (one) => one.close())
      // A cut that is never made: it is asked about each command that passes.
      gate.cutAtCommand((words) => reigns.#sees(port, words), 'before')
      reigns.#gates.set(port, gate)
    }
    const listener = started.adopt(createClient({ url: sentinels[0]?.url ?? '' }), (client) => client.destroy())
    await listener.connect()
    // The master's name, then the address of the old one and that of the new one.
    await listener.subscribe('+switch-master', (message) => reigns.#begins(Number(message.split(' ')[4])))
    reigns.#used.use(started.move())
    return reigns
  }

  /** Leads a client to the gate of a server: `natMap` of ioredis, `nodeAddressMap` of node-redis. */
  readonly map = (address: string): Address => {
    const port = Number(address.slice(address.lastIndexOf(':') + 1))
    return { host: '127.0.0.1', port: this.#gates.get(port)?.port ?? port }
  }

  /** Counts acknowledged commits that began from the same version. */
  newTally(): Tally {
    const fromVersion = new Map<string, (string | undefined)[]>()
    const counts = { doubleHolders: 0, acrossMasters: 0 }
    return {
      counts,
      committed: (lease, record, answer) => {
        if (record === undefined || answer.kind !== 'written') return
        const reign = this.#sentIn.get(`${lease.key} ${LAST_NAME.exec(record.payload)?.[1]}`)
        const from = `${lease.key} ${lease.version.counter} ${lease.version.writeToken}`
        const before = fromVersion.get(from) ?? []
        if (before.includes(reign)) counts.doubleHolders += 1
        else if (before.length > 0) counts.acrossMasters += 1
        fromVersion.set(from, [...before, reign])
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#used.disposeAsync()
  }

  #sees(port: number, words: readonly string[]): boolean {
    const name = LAST_NAME.exec(words.join(' '))?.[1]
    const key = words.find((word) => word.startsWith('session:'))?.slice('session:'.length)
    if (name !== undefined && key !== undefined) this.#sentIn.set(`${key} ${name}`, `${port}, reign ${this.#begun.get(port) ?? 0}`)
    return false
  }

  #begins(port: number): void {
    this.#begun.set(port, (this.#begun.get(port) ?? 0) + 1)
  }
}
