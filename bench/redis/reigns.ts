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
 * Knows which master each write was sent to. Two servers are master in turns: the reign with an even number is that of the first. Clients
 * reach both through it.
 */
export class Reigns implements AsyncDisposable {
  readonly #gates: ReadonlyMap<number, Proxy>
  /** By the key of the session and the name of the increment: the reign in which it was last sent. */
  readonly #sentIn = new Map<string, number>()
  #reign = 0
  #isChanging = false

  private constructor(gates: ReadonlyMap<number, Proxy>) {
    this.#gates = gates
  }

  static async over({ master, replica }: RedisSentinel): Promise<Reigns> {
    const gates = new Map<number, Proxy>()
    const reigns = new Reigns(gates)
    for (const [at, { port }] of [master, replica].entries()) {
      const gate = await startProxy({ target: { port }, protocol: 'redis' })
      // A cut that is never made: it is asked about each command that passes.
      gate.cutAtCommand((words) => reigns.#sees(at, words), 'before')
      gates.set(port, gate)
    }
    return reigns
  }

  /** Leads a client to the gate of a server: `natMap` of ioredis, `nodeAddressMap` of node-redis. */
  readonly map = (address: string): Address => {
    const port = Number(address.slice(address.lastIndexOf(':') + 1))
    return { host: '127.0.0.1', port: this.#gates.get(port)?.port ?? port }
  }

  /** Does what makes the other one master. Meanwhile writes may go to either. */
  async change(failover: () => Promise<void>): Promise<void> {
    this.#isChanging = true
    await failover()
    this.#reign += 1
    this.#isChanging = false
  }

  /** Counts acknowledged commits that began from the same version. */
  newTally(): Tally {
    const fromVersion = new Map<string, (number | undefined)[]>()
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
    for (const gate of this.#gates.values()) await gate.close()
  }

  #sees(server: number, words: readonly string[]): boolean {
    const name = LAST_NAME.exec(words.join(' '))?.[1]
    const key = words.find((word) => word.startsWith('session:'))?.slice('session:'.length)
    if (name !== undefined && key !== undefined) this.#sentIn.set(`${key} ${name}`, this.#reignOf(server))
    return false
  }

  /** During a change the one whose turn it is not has the next reign already. */
  #reignOf(server: number): number {
    return this.#isChanging && server !== this.#reign % 2 ? this.#reign + 1 : this.#reign
  }
}
