import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { session } from '../../../src/adapters/node.ts'
import { testClient } from '../../../src/testing/index.ts'
import { failsLater, storesLater } from './fake-open-session.ts'
import { realManager } from './real-manager.ts'

/** What undici does to a request that it was to send on as a body, when that fails. */
function takeSocket(request: IncomingMessage): void {
  Reflect.set(request, 'socket', null)
}

describe('a request that has lost its socket to undici', () => {
  it('is answered with its cookie all the same', async () => {
    const open = session(realManager())
    const serve = (req: IncomingMessage, text: string): string => `${text} ${String(req.session.increment('visits'))}`
    await using browser = testClient(
      createServer((req, res) =>
        open(req, res, () => {
          takeSocket(req)
          res.end(serve(req, 'visit'))
        }),
      ),
    )
    expect(await (await browser.get('/')).text()).toBe('visit 1')
    expect(await (await browser.get('/')).text()).toBe('visit 2')
  })

  it('is answered when it is lost while the answer is held back, whether it can be stored or not', async () => {
    for (const [manager, status] of [[storesLater(), 200] as const, [failsLater(), 503] as const]) {
      const open = session(manager)
      await using browser = testClient(
        createServer((req, res) =>
          open(req, res, () => {
            res.end('text')
            takeSocket(req)
          }),
        ),
      )
      expect((await browser.get('/')).status).toBe(status)
    }
  })
})
