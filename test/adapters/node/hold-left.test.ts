import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it, onTestFinished } from 'vitest'
import { session } from '../../../src/adapters/node.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'

setFlagsFromString('--expose_gc')
const collectGarbage = runInNewContext('gc') as () => void

it('a session whose client hung up while its handler ran is kept no longer than until the handler has answered', async () => {
  const withSession = session(new SessionManager({ driver: new MemoryDriver() }))
  const kept: WeakRef<object>[] = []
  const answered: number[] = []
  const server = createServer((request, response) => {
    withSession(request, response, async () => {
      kept.push(new WeakRef(request.session))
      await once(response, 'close')
      response.end('too late')
      answered.push(kept.length)
    })
  })
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = address === null || typeof address === 'string' ? 0 : address.port
  for (let each = 1; each <= 3; each++) {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'))
    while (kept.length < each) await sleep(1)
    socket.destroy()
    while (answered.length < each) await sleep(1)
  }
  await sleep(20)
  collectGarbage()
  await sleep(20)
  collectGarbage()
  // What served the last one may be on the stack of a callback still.
  expect(kept.slice(0, 2).map((one) => one.deref())).toEqual([undefined, undefined])
})
