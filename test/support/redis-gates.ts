import { type Proxy, startProxy } from '../../proof/faults/proxy.ts'
import type { TestClient } from '../drivers/redis/suite.ts'
import { freePorts } from './free-ports.ts'

interface Address {
  readonly host: string
  readonly port: number
}

/** A proxy before each of several servers that tell clients of each other, so that a client can be cut off from all of them. */
export class RedisGates {
  readonly #proxies: ReadonlyMap<number, Proxy>

  /** Use `openGates`. */
  constructor(proxies: ReadonlyMap<number, Proxy>) {
    this.#proxies = proxies
  }

  /** Where a client begins. */
  get addresses(): Address[] {
    return [...this.#proxies.values()].map(({ port }) => ({ host: '127.0.0.1', port }))
  }

  /** Leads a client to the gate of an address that a server told it: `natMap` of ioredis, `nodeAddressMap` of node-redis. */
  readonly map = (address: string): Address => {
    const port = Number(address.slice(address.lastIndexOf(':') + 1))
    return { host: '127.0.0.1', port: this.#proxies.get(port)?.port ?? port }
  }

  /** Resets all connections, and new ones as soon as they are made. Gives what ends that. */
  cut(): () => Promise<void> {
    for (const proxy of this.#proxies.values()) {
      proxy.turnAway()
      proxy.cut()
    }
    return () => this.#heal()
  }

  /** Accepts connections and lets nothing through. Gives what ends that: what has waited arrives then. */
  hold(): () => Promise<void> {
    for (const proxy of this.#proxies.values()) proxy.blackhole()
    return () => this.#heal()
  }

  /**
   * Resets the connection of the next command that fits, once a server has carried it out: the answer never arrives. Needs `reading`.
   *
   * @returns What resolves when that was done.
   */
  async cutAfter(fits: (words: readonly string[]) => boolean): Promise<void> {
    const proxies = [...this.#proxies.values()]
    await Promise.race(proxies.map((proxy) => proxy.cutAtCommand(fits, 'after').happened))
    // The others would still wait for it.
    await this.#heal()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy.close()))
  }

  async #heal(): Promise<void> {
    for (const proxy of this.#proxies.values()) await proxy.heal()
  }
}

interface Server {
  readonly host?: string
  readonly port: number
}

/**
 * Opens gates for one client. It alone is cut off by them.
 *
 * @param reading Whether they read the commands: `cutAfter` needs it.
 */
export async function openGates(servers: readonly Server[], reading: 'reading' | 'blind' = 'blind'): Promise<RedisGates> {
  const protocol = reading === 'reading' ? ({ protocol: 'redis' } as const) : {}
  const proxies = servers.map(async ({ host = '127.0.0.1', port }) => {
    return [port, await startProxy({ target: { host, port }, ...protocol })] as const
  })
  return new RedisGates(new Map(await Promise.all(proxies)))
}

/** A client behind gates of its own, which are closed when it ends. */
export function behind(gates: RedisGates, { client, end }: TestClient): TestClient {
  return {
    client,
    cut: () => gates.cut(),
    hold: () => gates.hold(),
    end: async () => {
      await end()
      await gates.close()
    },
  }
}

/** For a client without gates: every server is where it says. */
export function toItself(address: string): Address {
  const colon = address.lastIndexOf(':')
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) }
}

/** An address at which nobody listens. */
export async function nobody(): Promise<Address> {
  const [port = 0] = await freePorts(1)
  return { host: '127.0.0.1', port }
}
