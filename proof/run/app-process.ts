// app-process.ts DRIVER ADDRESS LIBRARY LEASE_SECONDS: the application of a proof, behind node:http. It is to be killed, stopped and stalled.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { fromParent, tellParent } from '../faults/parent.ts'
import { type Data, proofApp } from './app.ts'
import { becomeUnprivileged } from './become-unprivileged.ts'
import { driverNamed } from './drivers.ts'
import { Gauge, holdings } from './gauge.ts'
import { makeProvenDriver } from './make-driver.ts'
import { surveyed } from './surveyed.ts'
import type { Order } from './talk.ts'

const [driverText, address = '', library = '', leaseSeconds] = process.argv.slice(2)
const name = driverNamed(driverText)
if (name === undefined) throw new TypeError(`no driver is called ${driverText}`)

let aheadMs = 0
const clock = (): number => Date.now() + aheadMs
const { driver, end } = await makeProvenDriver(name, address, library, clock)
if (name === 'file' || name === 'sqlite') becomeUnprivileged()
// Not opened yet: a process starts also while its store is down.
const sessions = new SessionManager<Data>({
  driver,
  cookie: { secure: false },
  lock: { leaseSeconds: Number(leaseSeconds), waitSeconds: 5 },
  lifetime: { graceSeconds: 3600 },
  collectEverySeconds: 0,
  // Else a request that a logout or a login has overtaken is answered as if nothing had been, and its answer acknowledges nothing.
  onGone: 'throw',
  clock,
})
const server = createServer({ keepAliveTimeout: 0 }, proofApp(sessions)).listen(0, '127.0.0.1')
await once(server, 'listening')
const gauge = new Gauge(server)
const listening = server.address()
if (listening === null || typeof listening === 'string') throw new TypeError('a listening server has a port')
await tellParent({ port: listening.port })

for await (const message of fromParent()) await tellParent(await obey(orderIn(message)))
process.exit()

async function obey(order: Order): Promise<unknown> {
  switch (order.kind) {
    case 'stall':
      // The event loop stands still, and no CPU is burnt.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, order.ms)
      return 'stalled'
    case 'clock':
      aheadMs = order.aheadMs
      return 'set'
    case 'survey':
      return await surveyed(driver)
    case 'read gauge':
      return await gauge.read()
    case 'holdings':
      return await holdings()
    default:
      server.close()
      server.closeAllConnections()
      await sessions.close({ waitSeconds: 1 })
      await end()
      return 'closed'
  }
}

function orderIn(message: unknown): Order {
  const kinds = ['stall', 'clock', 'survey', 'read gauge', 'holdings', 'close'] as const
  const kind = kinds.find((one) => typeof message === 'object' && message !== null && 'kind' in message && message.kind === one)
  if (kind === undefined) throw new TypeError(`no order: ${JSON.stringify(message)}`)
  const number = (field: string): number => Number(Reflect.get(Object(message), field))
  if (kind === 'stall') return { kind, ms: number('ms') }
  if (kind === 'clock') return { kind, aheadMs: number('aheadMs') }
  return { kind }
}
