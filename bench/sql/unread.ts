import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../proof/faults/until.ts'

/** From when a server has read a statement until it says that it is at it. */
const TO_BEGIN_MS = 20
const ESTABLISHED = '01'

/** Waits until a server on this machine has read, and begun with, what was sent to it before. Where the system does not say it, a while. */
export async function untilRead(port: number): Promise<void> {
  let unread = unreadBy(port)
  await until('the server to read', () => {
    const still = new Set(unreadBy(port))
    unread = unread.filter((one) => still.has(one))
    return unread.length === 0
  })
  await sleep(TO_BEGIN_MS)
}

/** The connections on which bytes wait for the server, by the address of the client. */
function unreadBy(port: number): string[] {
  const own = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap(linesOf).flatMap((line) => {
    const [, local = '', remote = '', state, queues = ''] = line.trim().split(/\s+/)
    const isUnread = local.endsWith(own) && state === ESTABLISHED && !queues.endsWith(':00000000')
    return isUnread ? [remote] : []
  })
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch {
    return []
  }
}
