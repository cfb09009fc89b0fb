import type { RespValue } from '../../proof/faults/resp-reader.ts'
import type { RedisServer } from './redis-server.ts'

const MIGRATE_MS = 5000

export interface SlotMove {
  readonly slot: number
  readonly from: RedisServer
  readonly to: RedisServer
  /** The masters that it does not concern. They are told at once, rather than by gossip. */
  readonly others: readonly RedisServer[]
  /** Runs when half of the slot's keys have moved: what has moved, or is new, is answered with `ASK` now. */
  readonly whileHalfMoved?: (() => Promise<void>) | undefined
}

/**
 * Moves a slot from one master to another as resharding does, key by key. Meanwhile the old master answers `ASK` for keys that it no
 * longer has and `TRYAGAIN` for commands on keys here and there; afterwards it answers `MOVED`.
 *
 * @returns How many keys were moved.
 */
export async function moveSlot({ slot, from, to, others, whileHalfMoved }: SlotMove): Promise<number> {
  const [fromId, toId] = [await idOf(from), await idOf(to)]
  await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId)
  await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId)
  const half = Math.ceil(Number(await from.command('CLUSTER', 'COUNTKEYSINSLOT', slot)) / 2)
  let moved = await moveKeys(slot, from, to, half)
  await whileHalfMoved?.()
  moved += await moveKeys(slot, from, to, Infinity)
  // The new owner first: as long as only the old one knows, nobody would own the slot.
  for (const node of [to, from, ...others]) await node.command('CLUSTER', 'SETSLOT', slot, 'NODE', toId)
  return moved
}

/** Moves keys one by one until there are none, or so many have moved. */
async function moveKeys(slot: number, from: RedisServer, to: RedisServer, most: number): Promise<number> {
  let moved = 0
  while (moved < most) {
    const keys: RespValue = await from.command('CLUSTER', 'GETKEYSINSLOT', slot, 1)
    const [key] = Array.isArray(keys) ? keys : []
    if (key === undefined) return moved
    // NOKEY: it has ended just now.
    if ((await from.command('MIGRATE', '127.0.0.1', to.port, String(key), 0, MIGRATE_MS)) === 'OK') moved += 1
  }
  return moved
}

async function idOf(node: RedisServer): Promise<string> {
  return String(await node.command('CLUSTER', 'MYID'))
}
