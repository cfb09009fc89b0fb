import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { MemoryDriverOptions } from '../../src/drivers/memory.ts'

describe('MemoryDriver in production', () => {
  beforeEach(() => {
    vi.resetModules() // the warning is given once a process
    vi.stubEnv('NODE_ENV', 'production')
  })
  afterEach(() => vi.unstubAllEnvs())

  async function warnings(...drivers: MemoryDriverOptions[]): Promise<string[]> {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const { MemoryDriver } = await import('../../src/drivers/memory.ts')
    for (const options of drivers) expect(new MemoryDriver(options).name).toBe('memory')
    return warned.mock.calls.map(([message]) => String(message))
  }

  it('warns once that a restart loses the sessions', async () => {
    expect(await warnings({}, {})).toEqual([expect.stringContaining('acknowledged: true')])
  })

  it('does not warn who has acknowledged it', async () => {
    expect(await warnings({ acknowledged: true })).toEqual([])
  })

  it('warns a worker of a cluster, whose neighbours do not see its sessions, in development too', async () => {
    const code = `
      import cluster from 'node:cluster'
      import { MemoryDriver } from ${JSON.stringify(new URL('../../src/drivers/memory.ts', import.meta.url).href)}
      if (cluster.isPrimary) cluster.fork()
      new MemoryDriver()
      cluster.worker?.disconnect()`
    const file = join(mkdtempSync(join(tmpdir(), 'holdfast-cluster-')), 'main.mjs')
    writeFileSync(file, code)
    onTestFinished(() => rmSync(dirname(file), { recursive: true }))
    const { stderr } = await promisify(execFile)(process.execPath, [file], { env: { ...process.env, NODE_ENV: 'development' } })
    expect(stderr.match(/HOLDFAST_MEMORY_DRIVER/g)).toHaveLength(1)
  })

  it('does not warn elsewhere', async () => {
    vi.stubEnv('NODE_ENV', 'development')
    expect(await warnings({})).toEqual([])
  })
})
