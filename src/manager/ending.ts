import type { SessionId, StoreKey } from '../session/id.ts'
import { successorBy } from './digest.ts'
import type { House } from './house.ts'
import { asSessionError } from './opening.ts'
import { readRecord } from './store-steps.ts'

const MAX_DESTROYS = 3
/** Nobody changes an id so often within the life of its markers. */
const MOST_MOVES = 1000

/** Ends what lives under a key at once, and what an automatic change of id has made of it meanwhile. */
export async function destroySession(house: House, id: SessionId, key: StoreKey): Promise<void> {
  const destroyed = await destroyOnce(house, key)
  const successor = destroyed.kind === 'marker' ? successorBy(id, destroyed.marker) : undefined
  if (successor !== undefined) await destroyFamily(house, await successor)
}

/**
 * Ends what an id has become, by automatic changes alone. Markers stay, so that a try that failed half-way can be made again. Answers whether there was
 * something to end.
 */
export async function destroyFamily(house: House, first: SessionId): Promise<boolean> {
  let id = first
  for (let moves = 0; moves < MOST_MOVES; moves++) {
    const key = await house.keyOf(id)
    const found = await readRecord(house, key)
    if (found === undefined) return false
    // A record may become a marker between the two.
    const there = found.kind === 'record' ? await destroyOnce(house, key) : found
    if (there.kind !== 'marker') return there.kind === 'record'
    const successor = successorBy(id, there.marker)
    if (successor === undefined) return false
    id = await successor
  }
  return false
}

// Destroying twice does no harm, so what failed is tried again: what leads to a living successor is still there then.
export async function destroyOnce(house: House, key: StoreKey): ReturnType<House['driver']['destroy']> {
  let failure: unknown
  for (let tries = 1; tries <= MAX_DESTROYS; tries++) {
    try {
      return await house.driver.destroy(key)
    } catch (error) {
      failure ??= error
    }
  }
  throw asSessionError('destroy', failure)
}
