import { Readable } from 'node:stream'
import { onTestFinished } from 'vitest'
import { MemoryDriver } from '../../../src/drivers/memory.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'

/** A manager over memory that is closed when the test is over; its cookie goes over plain HTTP too. */
export function realManager(driver: MemoryDriver = new MemoryDriver({ acknowledged: true })): SessionManager {
  const sessions = new SessionManager({ driver, cookie: { secure: 'auto' } })
  onTestFinished(() => sessions.close({ waitSeconds: 0 }))
  return sessions
}

/** A stream that breaks before its first byte. */
export function brokenSource(): Readable {
  const source: Readable = new Readable({ read: () => void source.destroy(new Error('no file')) })
  return source
}
