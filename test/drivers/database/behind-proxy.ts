import { startProxy } from '../../../proof/faults/proxy.ts'
import type { TestClient } from './suite.ts'

const PORTS: Readonly<Record<string, number>> = { 'postgres:': 5432, 'mysql:': 3306 }

/** A client behind a proxy of its own, so that it alone can be cut off. */
export async function behindProxy(url: string, make: (url: string) => TestClient): Promise<TestClient> {
  const address = new URL(url)
  const proxy = await startProxy({ target: { host: address.hostname, port: Number(address.port) || (PORTS[address.protocol] ?? 0) } })
  address.hostname = '127.0.0.1'
  address.port = String(proxy.port)
  const { client, end } = make(address.href)
  return {
    client,
    end: async () => {
      await end()
      await proxy.close()
    },
    cut: () => {
      proxy.turnAway()
      proxy.cut()
      return () => proxy.heal()
    },
  }
}
