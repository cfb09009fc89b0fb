import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { makeGuardedFolder, removeGuardedFolder } from '../../proof/faults/guard.ts'
import { Run, startHosts } from '../../proof/run/run.ts'
import { type Store, startStore } from '../../proof/run/store.ts'

it('a store that refuses all is an error, and not one that keeps its promises', async () => {
  const folder = makeGuardedFolder('refusing')
  onTestFinished(() => removeGuardedFolder(folder))
  const store: Store = { ...(await startStore('memory')), driver: 'sqlite', address: join(folder, 'without-a-table.db') }
  await using hosts = await startHosts({ hosts: 1, leaseSeconds: 1 }, store)
  const amounts = { healthy: { operations: 20 }, faulty: { ms: 0 } }
  const run = new Run({ ...amounts, seed: 1, clients: 2, leaseSeconds: 1, log: () => {} }, store, hosts.all)
  await expect(run.healthy()).rejects.toThrow(/^only 0 of \d+ requests were served without faults$/)
})
