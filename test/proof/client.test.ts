import { once } from 'node:events'
import { type Server, createServer } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { Connection } from '../../bench/harness/connection.ts'
import { ask } from '../../proof/run/client.ts'
import type { Asked } from '../../proof/run/talk.ts'

const ASKED: Asked = { deed: { kind: 'read' }, mark: 'v1.1', concurrency: 'exclusive', workMs: 0 }
const MINUTE_MS = 60_000

/** Answers each request with this text and closes the connection, or says nothing. */
async function hostThatSays(text: string | undefined) {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {})
    if (text !== undefined) socket.once('data', () => socket.end(text))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('a listening server has a port')
  return {
    cookieName: 'ml_session' as const,
    underWay: 0,
    connection: () => Connection.to(address.port),
    giveBack: (one: Connection) => one.close(),
  }
}

const whole = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`

it('an answer of which only a part came is none', async () => {
  const host = await hostThatSays(whole('{"code":"x","isCertain":true}').slice(0, -1))
  expect(await ask(host, ASKED, undefined)).toEqual({ kind: 'nothing' })
  expect(host.underWay).toBe(0)
})

it('a whole answer that is none of the application’s is an error, and not an unknown outcome', async () => {
  await expect(ask(await hostThatSays(whole('Bad Gateway')), ASKED, undefined)).rejects.toThrow('not valid JSON')
  await expect(ask(await hostThatSays(whole('{"status":"up"}')), ASKED, undefined)).rejects.toThrow('no answer of a proof: {"status":"up"}')
})

it('a request that hangs for longer than the application may wait is an error', async () => {
  const host = await hostThatSays(undefined)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const asking = ask(host, ASKED, undefined).catch(String)
  await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1))
  await vi.advanceTimersByTimeAsync(MINUTE_MS)
  expect(await asking).toContain('was not answered within 60000 ms')
  expect(host.underWay).toBe(0)
})
