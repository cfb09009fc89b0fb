import { fdatasync, fstatSync, readSync, writeSync } from 'node:fs'
import { areNeighbours, durableMark, durableSequence, HEAD_BYTES, isInline, isWhole, planWrite, slotAt } from './slots.ts'
import type { Slot, SlotWrite } from './slots.ts'

/** The live slot of an open file, and up to which sequence its writes are known to be on the disk. */
export interface SlotState {
  readonly slot: Slot
  readonly durable: number
}

export interface SlotRead extends SlotState {
  /** Valid until the next read: it may lie in a buffer that all reads share. */
  readonly text: Buffer
  /** False when another write may have been seen half done: without the lock, such a read is sure only when a second one finds the same. */
  readonly isSettled: boolean
}

// Reads are synchronous, so one buffer serves them all.
const head = Buffer.allocUnsafeSlow(HEAD_BYTES)

/** Reads the live slot of an open file; `undefined` when neither is whole. Small records take one system call. */
export function readSlots(fd: number): SlotRead | undefined {
  const bytesRead = readSync(fd, head, 0, HEAD_BYTES, 0)
  const first = slotAt(head, bytesRead, 0)
  const second = slotAt(head, bytesRead, 1)
  const [newer, older] = (second?.sequence ?? 0) > (first?.sequence ?? 0) ? [second, first] : [first, second]
  if (newer === undefined) return undefined
  const durable = durableSequence(head, bytesRead)
  const text = wholeText(fd, newer, bytesRead)
  if (text !== undefined) return { slot: newer, durable, text, isSettled: areNeighbours(newer, older) }
  const before = older === undefined ? undefined : wholeText(fd, older, bytesRead)
  return older === undefined || before === undefined ? undefined : { slot: older, durable, text: before, isSettled: false }
}

/** Writes a text over the older slot, in the page cache: a crash of the process does not lose it. */
export function writeSlot(fd: number, state: SlotState | undefined, image: Buffer): SlotState {
  const durable = Math.min(state?.durable ?? 0, state?.slot.sequence ?? 0)
  const { slot, writes } = planWrite(state?.slot, image, durable)
  for (const write of writes) writeAll(fd, write)
  return { slot, durable }
}

/** Writes a text over the older slot and waits until the disk has it: a loss of power does not lose it. */
export async function writeSlotDurably(fd: number, state: SlotState, image: Buffer): Promise<SlotState> {
  const { slot } = writeSlot(fd, state.durable < state.slot.sequence ? await makeDurable(fd, state) : state, image)
  await sync(fd)
  writeAll(fd, durableMark(slot))
  return { slot, durable: slot.sequence }
}

/**
 * Waits until the disk has the live slot. Needed before the other one is written where power may be lost: both must never be on their
 * way to the disk, and the live one is when its writer did not sync or was killed before it had.
 */
export async function makeDurable(fd: number, state: SlotState): Promise<SlotState> {
  if (state.durable < state.slot.sequence) await sync(fd)
  return { slot: state.slot, durable: state.slot.sequence }
}

/** Writes the first text of a file that nobody else sees yet. */
export async function writeFirstSlotDurably(fd: number, image: Buffer): Promise<SlotState> {
  // It may call itself durable: the file gets its name only once it is.
  const { slot, writes } = planWrite(undefined, image, 1)
  for (const write of writes) writeAll(fd, write)
  await sync(fd)
  return { slot, durable: slot.sequence }
}

function wholeText(fd: number, slot: Slot, bytesRead: number): Buffer | undefined {
  const text = isInline(slot) ? head.subarray(slot.offset, Math.min(slot.offset + slot.length, bytesRead)) : readOutlying(fd, slot)
  return text !== undefined && isWhole(slot, head, text) ? text : undefined
}

function readOutlying(fd: number, slot: Slot): Buffer | undefined {
  // A torn or foreign descriptor may ask for any amount of memory: the file's own size is the limit.
  if (slot.offset < HEAD_BYTES || fstatSync(fd).size < slot.offset + slot.length) return undefined
  const text = Buffer.allocUnsafe(slot.length)
  let done = 0
  while (done < slot.length) {
    const count = readSync(fd, text, done, slot.length - done, slot.offset + done)
    if (count === 0) return undefined
    done += count
  }
  return text
}

function writeAll(fd: number, { bytes, position }: SlotWrite): void {
  let done = 0
  while (done < bytes.length) {
    const count = writeSync(fd, bytes, done, bytes.length - done, position + done)
    if (count === 0) throw new Error('the file system took no more bytes and gave no reason')
    done += count
  }
}

function sync(fd: number): Promise<void> {
  return new Promise((done, failed) => fdatasync(fd, (error) => (error === null ? done() : failed(error))))
}
