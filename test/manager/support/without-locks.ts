import type { SessionDriver } from '../../../src/contracts/driver.ts'
import { MemoryDriver } from '../../../src/drivers/memory.ts'

/** A driver that keeps no leases, over one that does. */
export function withoutLocks(inner: SessionDriver = new MemoryDriver()): SessionDriver {
  const { name, expiresByItself } = inner
  return {
    name,
    expiresByItself,
    open: () => inner.open(),
    close: () => inner.close(),
    read: (key) => inner.read(key),
    insert: (key, record) => inner.insert(key, record),
    update: (key, record, version) => inner.update(key, record, version),
    touch: (key, durations, version) => inner.touch(key, durations, version),
    destroy: (key) => inner.destroy(key),
    gc: (options) => inner.gc(options),
  }
}
