import { join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { startWorker } from '../support/miniflare.ts'

describe('DatabaseDriver on D1, in workerd', () => {
  it('keeps the driver contract', { timeout: 300_000 }, async () => {
    const { outputFiles } = await build({
      entryPoints: [join(import.meta.dirname, 'database/d1/worker.ts')],
      bundle: true,
      format: 'esm',
      write: false,
      external: ['node:*'],
    })
    const worker = startWorker(outputFiles[0]?.text ?? '')
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
})
