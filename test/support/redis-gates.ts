import { type Proxy, startProxy } from '../../proof/faults/proxy.ts'
import type { TestClient } from '../drivers/redis/suite.ts'
import { freePorts } from './free-ports.ts'
import type { RedisServer } from './redis-server.ts'

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

  /** Resets all connections and refuses new ones. Gives what ends that. */
  cut(): () => Promise<void> {
    for (const proxy of this.#proxies.values()) {
      proxy.refuse()
      proxy.cut()
    }
    return async () => {
      for (const proxy of this.#proxies.values()) await proxy.heal()
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy.close()))
  }
}

/** Opens gates for one client. It alone is cut off by them. */
export async function openGates(servers: readonly RedisServer[]): Promise<RedisGates> {
  const proxies = servers.map(async ({ port }) => [port, await startProxy({ target: { port } })] as const)
  return new RedisGates(new Map(await Promise.all(proxies)))
}

/** A client behind gates of its own, which are closed when it ends. */
export function behind(gates: RedisGates, { client, end }: TestClient): TestClient {
  return {
    client,
    cut: () => gates.cut(),
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
