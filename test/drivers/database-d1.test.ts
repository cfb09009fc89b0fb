import { join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { startWorker } from '../support/miniflare.ts'

describe('DatabaseDriver on D1, in workerd', () => {
  it('keeps the driver contract', { timeout: 300_000 }, async () => {
    const worker = startWorker(await bundled('worker.ts'))
    try {
      const response = await worker.dispatchFetch('http://localhost/')
      const { tests, failed } = Object(await response.json())
      // D1 keeps rows of up to 2 MB, and says so.
      expect(failed).toEqual([expect.stringMatching(/^a payload of 1 MiB comes back whole: .*SQLITE_TOOBIG$/)])
      expect(tests).toBeGreaterThan(100)
    } finally {
      await worker.dispose()
    }
  })

  it('requests that change nothing leave no lock behind, though the Worker stops with their response', { timeout: 60_000 }, async () => {
    const worker = startWorker(await bundled('reading-worker.ts'))
    try {
      const first = await worker.dispatchFetch('http://localhost/write')
      const headers = { cookie: first.headers.get('set-cookie')?.split(';')[0] ?? '' }
      const said: unknown[] = []
      for (const path of ['read', 'read', 'write']) {
        said.push(await (await worker.dispatchFetch(`http://localhost/${path}`, { headers })).json())
      }
      expect(said).toEqual([1, 1, 2])
    } finally {
      await worker.dispose()
    }
  })
})

async function bundled(worker: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'database/d1', worker)],
    bundle: true,
    format: 'esm',
    write: false,
    external: ['node:*'],
  })
  return outputFiles[0]?.text ?? ''
}
