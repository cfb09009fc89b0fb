import { createClient } from 'redis'
import type { ListingDriver, LockingDriver, RewritingDriver } from '../../src/contracts/driver.ts'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { RedisDriver } from '../../src/drivers/redis/redis-driver.ts'
import { partsOf } from './support.ts'

/** A folder, or the URL of a Redis. */
export interface StoreAddress {
  readonly kind: 'files' | 'Redis'
  readonly address: string
}

export interface OpenStore {
  readonly driver: LockingDriver & ListingDriver & RewritingDriver
  /** Ends its client, after the driver was closed. */
  readonly end: () => void
}

export function openStore({ kind, address }: StoreAddress): OpenStore {
  if (kind === 'files') return { driver: new FileDriver({ path: address }), end: () => undefined }
  const client = createClient({ url: address })
  return {
    driver: new RedisDriver({ client }),
    end: () => {
      if (client.isOpen) client.destroy()
    },
  }
}

/** How many stored sessions have a text under a key of the ring, read from the texts themselves. */
export async function recordsUnder(store: StoreAddress, keyName: string): Promise<number> {
  const { driver, end } = openStore(store)
  await driver.open()
  let count = 0
  let cursor: string | undefined
  do {
    const page = await driver.list({ cursor })
    for (const { key } of page.sessions) {
      const found = await driver.read(key)
      if (found?.kind !== 'record') throw new Error('a session is not there')
      const { payload, flash } = found.record
      if ([payload, flash].some((text) => partsOf(text).keyName === keyName)) count += 1
    }
    ;({ cursor } = page)
  } while (cursor !== undefined)
  await driver.close()
  end()
  return count
}
