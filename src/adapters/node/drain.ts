import { EventEmitter } from 'node:events'
import { kHold } from './hold-state.ts'
import type { HeldResponse } from './hold-state.ts'
import type { Listener } from './response.ts'

/**
 * Remembers who waits for `drain` while the response is held back. Needed where a layer around the session takes these
 * listeners for itself, as compression does: an event on the response does not reach them.
 */
export function watchDrain(response: HeldResponse): void {
  if (response.on === EventEmitter.prototype.on) return
  response.on = watchedOn
  response.removeListener = watchedRemoveListener
  response.off = watchedOff
}

/** Tells everybody who waits for `drain` that the response takes more. */
export function emitDrain(response: HeldResponse): void {
  const remembered = response[kHold].drainListeners ?? []
  response[kHold].drainListeners = undefined
  const told = response.rawListeners('drain')
  response.emit('drain')
  for (const listener of remembered) if (!told.includes(listener)) listener.call(response)
}

function watchedOn(this: HeldResponse, event: string | symbol, listener: Listener): unknown {
  const hold = this[kHold]
  if (event === 'drain' && hold.status === 'waiting') (hold.drainListeners ??= []).push(listener)
  return hold.on.call(this, event, listener)
}

function watchedRemoveListener(this: HeldResponse, event: string | symbol, listener: Listener): unknown {
  forget(this, listener)
  return this[kHold].removeListener.call(this, event, listener)
}

function watchedOff(this: HeldResponse, event: string | symbol, listener: Listener): unknown {
  forget(this, listener)
  return this[kHold].off.call(this, event, listener)
}

// `once` hands over a wrapper that carries the listener.
function forget(response: HeldResponse, listener: Listener): void {
  const hold = response[kHold]
  hold.drainListeners = hold.drainListeners?.filter((kept) => kept !== listener && !('listener' in kept && kept.listener === listener))
}
