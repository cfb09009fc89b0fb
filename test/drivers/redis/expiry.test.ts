import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { describeNeeding } from '../../support/needs.ts'
import { type Place, type PlainClient, keysUnder, newPrefix, openPlace, removeUnder } from '../../support/redis-plain.ts'

const WORKERS = 8

describeNeeding('redis', 'a process that dies in the midst of its work', () => {
  const prefix = newPrefix()
  let place: Place
  let plain: PlainClient

  beforeAll(async () => {
    place = await openPlace(prefix)
    plain = place.plain
  })
  afterAll(async () => {
    await place.close()
  })

  it('leaves no key without an expiry, neither of a session nor of an index', async () => {
    const seen = new Set<string>()
    for (let round = 0; round < 4; round++) {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'busy-child.ts'), place.url, prefix], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const ended = once(child, 'exit')
      let said = ''
      child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
      await vi.waitFor(() => expect(said.split('\n')).toHaveLength(WORKERS + 1), { timeout: 10_000 })
      child.kill('SIGKILL')
      await ended
      const names = await keysUnder(plain, prefix)
      for (const name of names) {
        seen.add(name.includes(':user:') ? 'index' : 'session')
        // -2: it expired between the two questions.
        expect(await plain.pTTL(name), name).not.toBe(-1)
      }
      await removeUnder(plain, prefix)
    }
    expect(seen).toEqual(new Set(['index', 'session']))
  })
})
