import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeGuardedFolder, removeGuardedFolder } from '../../proof/faults/guard.ts'

const root = join(import.meta.dirname, '../..')

describe('DatabaseDriver on bun:sqlite, under Bun', () => {
  let folder: string
  beforeAll(() => {
    folder = makeGuardedFolder('bun-sqlite')
  })
  afterAll(() => removeGuardedFolder(folder))

  it('keeps the driver contract', { timeout: 180_000 }, async () => {
    const child = join(import.meta.dirname, 'database/bun/contract-child.ts')
    const { stdout } = await promisify(execFile)(join(root, 'node_modules/.bin/bun'), [child, folder])
    const { tests, failed }: { readonly tests: number; readonly failed: readonly string[] } = JSON.parse(stdout)
    expect(failed).toEqual([])
    expect(tests).toBeGreaterThan(100)
  })
})
