import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
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

  it('does not warn elsewhere', async () => {
    vi.stubEnv('NODE_ENV', 'development')
    expect(await warnings({})).toEqual([])
  })
})
