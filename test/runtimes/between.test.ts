import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { findRuntime, runProgram } from '../support/runtimes.ts'
import type { RuntimeName } from '../support/runtimes.ts'
import { countTogether } from './counting.ts'
import { INSTALL_MS, useFolder } from './runtime-suite.ts'

const NAMES: readonly RuntimeName[] = ['node-22', 'node-24', 'node-26', 'bun', 'deno']

describe('one folder of sessions that several runtimes use', { timeout: 300_000 }, () => {
  const folder = useFolder('between')
  // Some are installed first.
  beforeAll(() => Promise.all(NAMES.map((name) => findRuntime(name))), INSTALL_MS)

  it('has for each of them what any other has stored, sealed', async () => {
    const path = join(folder(), 'exchange')
    const first = new Map<RuntimeName, string>()
    for (const name of NAMES) first.set(name, (await exchange(path, name, [])).id)
    const read = new Map<RuntimeName, readonly unknown[]>()
    for (const name of NAMES) read.set(name, (await exchange(path, name, [...first.values()])).read)
    const readers = (until: RuntimeName): RuntimeName[] => NAMES.slice(0, NAMES.indexOf(until))
    for (const name of NAMES) expect(read.get(name)).toEqual(NAMES.map((by) => [by, 'Füße 😀 \u2028 end', readers(name)]))
  })

  it('loses nothing when all of them count in one session, one of each, and one is killed', async () => {
    for (const killed of ['node-24', 'bun', 'deno'] as const) {
      const others = NAMES.filter((name) => name !== killed)
      const runtimes = await Promise.all([killed, ...others].map((name) => findRuntime(name)))
      const { lost, untold, locksLeft } = await countTogether(join(folder(), killed), runtimes, 25)
      expect({ killed, lost, locksLeft }).toEqual({ killed, lost: 0, locksLeft: 0 })
      expect(untold).toBeLessThanOrEqual(1)
    }
  })
})

async function exchange(
  path: string,
  name: RuntimeName,
  ids: readonly string[],
): Promise<{ readonly id: string; readonly read: readonly unknown[] }> {
  const { stdout } = await runProgram(await findRuntime(name), join(import.meta.dirname, 'suite/exchange-child.ts'), [path, name, ...ids])
  return JSON.parse(stdout)
}
