import { isGone } from './response.ts'
import type { NodeResponse } from './response.ts'

type Destroy = (error?: Error) => unknown

/** What waits on a connection until the answers that are held back have gone out. */
interface Guard {
  readonly destroy: Destroy
  /** Responses on this connection that have ended and are held back. */
  held: number
  isAsked: boolean
}

const kGuard: unique symbol = Symbol('guard')

interface GuardedSocket {
  [kGuard]?: Guard
  destroy: Destroy
  readonly writable: boolean
}

/**
 * Keeps a connection from being cut while a whole answer is held back. When a handler throws after `res.json()`, Express sees that
 * the headers are sent and destroys the socket: without a hold the answer is out by then, with one it would be lost. The cut comes
 * when the answer is out. One that has an error, or a socket that takes no more, is cut at once.
 */
export function guardSocket(socket: GuardedSocket): void {
  const guard = socket[kGuard]
  if (guard === undefined) {
    socket[kGuard] = { destroy: socket.destroy, held: 1, isAsked: false }
    socket.destroy = guardedDestroy
  } else guard.held += 1
}

/** Lets go of the connection: once for each `guardSocket`. A cut that was asked for comes when the response is out. */
export function releaseSocket(socket: GuardedSocket, response: NodeResponse): void {
  const guard = socket[kGuard]
  if (guard === undefined) return
  guard.held -= 1
  if (!guard.isAsked || guard.held > 0) return
  guard.isAsked = false
  if (isGone(response) || response.writableFinished) socket.destroy()
  else response.once('finish', () => socket.destroy())
}

// It stays on the socket: to delete a property would make every use of a connection that is kept alive slower.
function guardedDestroy(this: GuardedSocket, error?: Error): unknown {
  const guard = this[kGuard]
  if (guard === undefined) return this
  if (guard.held === 0 || error || !this.writable) return guard.destroy.call(this, error)
  guard.isAsked = true
  return this
}
