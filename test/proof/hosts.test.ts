import { expect, it, vi } from 'vitest'
import { Host } from '../../proof/run/host.ts'
import { leftoversIn } from '../../proof/run/leftovers.ts'
import { startHosts } from '../../proof/run/run.ts'
import { type Store, startStore } from '../../proof/run/store.ts'

const memory = await startStore('memory')
/** Whose application ends before it listens. */
const lost: Store = { ...memory, driver: 'sqlite', address: '/no such folder/sessions.db' }

/** What this process keeps of its own: processes, and sockets that listen. */
function kept(): readonly string[] {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'ProcessWrap' || kind === 'TCPServerWrap')
}

it('an application that does not start leaves nothing behind', async () => {
  const before = kept()
  await expect(Host.start({ store: lost, leaseSeconds: 1 })).rejects.toThrow('app-process.ts ended')
  await vi.waitFor(() => expect(kept()).toEqual(before))
})

it('where one of several does not start, those that did are ended', async () => {
  const before = kept()
  let asked = 0
  const shaky: Store = {
    ...lost,
    get driver() {
      asked += 1
      return asked === 1 ? ('memory' as const) : ('sqlite' as const)
    },
  }
  await expect(startHosts({ hosts: 2, leaseSeconds: 1 }, shaky)).rejects.toThrow('app-process.ts ended')
  await vi.waitFor(() => expect(kept()).toEqual(before))
})

it('an application that cannot look at its store is not taken for an empty one', async () => {
  await using host = await Host.start({ store: memory, leaseSeconds: 1 })
  await host.kill()
  await expect(leftoversIn(memory, [host])).rejects.toThrow('waited for the last lease to end')
})
