import { expect, it } from 'vitest'
import { serverFullDisk } from '../../proof/run/faults/disks.ts'
import { startStore } from '../../proof/run/store.ts'
import { describeNeeding } from '../support/needs.ts'
import { respOnce } from '../support/resp.ts'

const turn = { random: () => 0.9, leaseMs: 1000, count: 0 }

describeNeeding('redis-server', 'a Redis without room on its disk', () => {
  it('takes no write, and takes them again once it has room', async () => {
    await using store = await startStore('redis')
    const port = store.server?.port ?? 0
    const write = () => respOnce(port, 'SET', 'key', 'value')
    expect(await write()).toBe('OK')
    const striking = serverFullDisk.strike(store, turn)
    await expect(write()).rejects.toThrow(/closed|ECONNRESET|EPIPE/)
    expect(await striking).toBe(true)
    expect(await write()).toBe('OK')
  })

  it('is not said to have been struck when it has ended', async () => {
    await using store = await startStore('redis')
    await store.server?.kill()
    expect(await serverFullDisk.strike(store, turn)).toBe(false)
  })
})
