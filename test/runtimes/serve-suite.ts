import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { findRuntime, startProgram } from '../support/runtimes.ts'
import type { RuntimeName } from '../support/runtimes.ts'
import { INSTALL_MS } from './runtime-suite.ts'
import { doorCases } from './suite/door-cases.ts'
import type { Handle } from './suite/doors.ts'
import { browser } from './suite/kit.ts'

const child = join(import.meta.dirname, 'suite/serve-child.ts')

type Application = 'fetch' | 'Hono' | 'h3' | 'Elysia' | 'Express'

/** What a visitor notices of applications behind a runtime's own server, over real connections. */
export function serveSuite(runtime: RuntimeName, applications: readonly Application[]): void {
  for (const application of applications) {
    describe(`${application} behind the server of ${runtime}`, { timeout: 60_000 }, () => {
      const overTheWire = useServer(runtime, application)
      for (const { name, body } of doorCases(application, () => overTheWire)) it(name, body)
    })
  }
}

/** What becomes of a session whose visitor is gone. */
export function hangUpSuite(runtime: 'bun' | 'deno'): void {
  describe(`a client that hangs up, behind the server of ${runtime}`, { timeout: 60_000 }, () => {
    const overTheWire = useServer(runtime, 'fetch')
    const seen = async (path = '/~seen'): Promise<{ arrived: number; aborted: number; held: number }> =>
      Object(await (await overTheWire(new Request(`https://shop.example${path}`))).json())

    it('while it waits for the lock does not get it, and while it has it keeps nobody out', async () => {
      const send = browser(overTheWire)
      expect(await (await send('/count')).text()).toBe('1')
      const [waiter, holder] = [new AbortController(), new AbortController()]
      const holding = send('/hold', { signal: holder.signal })
      await vi.waitFor(async () => expect(await seen()).toMatchObject({ held: 1 }), 20_000)
      const waiting = send('/count', { signal: waiter.signal })
      await vi.waitFor(async () => expect(await seen()).toMatchObject({ arrived: 3 }), 20_000)
      waiter.abort()
      await expect(waiting).rejects.toThrow(/abort/)
      await vi.waitFor(async () => expect(await seen()).toMatchObject({ aborted: 1 }), 20_000)
      holder.abort()
      await expect(holding).rejects.toThrow(/abort/)
      await vi.waitFor(async () => expect(await seen()).toMatchObject({ aborted: 2 }), 20_000)
      await seen('/~open')
      // The holder's count was stored, although nobody heard of it; the waiter's never was.
      expect(await (await send('/count')).text()).toBe('3')
    })
  })
}

/** A server that runs while the tests of a block do. Requests go to it, whatever host they name. */
function useServer(runtime: RuntimeName, application: Application): Handle {
  let origin = ''
  let stop = (): void => undefined
  beforeAll(async () => {
    const running = startProgram(await findRuntime(runtime), child, [application])
    stop = () => void running.kill('SIGKILL')
    const errors: string[] = []
    running.stderr.on('data', (data: Buffer) => errors.push(data.toString()))
    const { value } = await createInterface({ input: running.stdout })[Symbol.asyncIterator]().next()
    if (!/^\d+$/.test(String(value))) throw new Error(`the server did not start: ${errors.join('')}`)
    origin = `http://127.0.0.1:${value}`
  }, INSTALL_MS)
  afterAll(() => stop())
  return async (request) => {
    const { pathname, search } = new URL(request.url)
    const { method, headers, signal } = request
    const body = method === 'GET' ? {} : { body: await request.text() }
    return fetch(`${origin}${pathname}${search}`, { method, headers, signal, redirect: 'manual', ...body })
  }
}
