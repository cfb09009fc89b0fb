import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it, onTestFinished } from 'vitest'
import { closeOnSignals } from '../../../src/adapters/node.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { testClient } from '../../../src/testing/index.ts'

setFlagsFromString('--expose_gc')
const collectGarbage = runInNewContext('gc') as () => void

it('closeOnSignals keeps no server that was closed once another has its first request', async () => {
  onTestFinished(closeOnSignals(new SessionManager({ driver: new MemoryDriver() })))
  const first = await visited()
  const second = createServer((_, response) => void response.end('ok'))
  await using client = testClient(second)
  expect((await client.get('/')).status).toBe(200)
  await sleep(20)
  collectGarbage()
  await sleep(20)
  collectGarbage()
  expect(first.deref()).toBeUndefined()
})

/** A server that had a request, and is closed. */
async function visited(): Promise<WeakRef<Server>> {
  const server = createServer((_, response) => void response.end('ok'))
  await using client = testClient(server)
  expect((await client.get('/')).status).toBe(200)
  return new WeakRef(server)
}
