// A record file has two slots. Each begins on a page of its own with a descriptor; the text follows it where it fits there, else it
// lies behind the two pages, page-aligned, in room that the live text does not use. A write goes into the older slot, and its
// checksum covers descriptor and text: whatever is cut off or mixed up, the other slot still holds the record as it was.
//
//   descriptor  0 magic   4 checksum   8 durable sequence   16 sequence   24 offset of the text   32 its length   36 zero   40 text
//   (little-endian; the checksum covers everything from 16 on)
import { crc32 } from 'node:zlib'

/** A slot and everything in it begins on such a page, so that a torn write to a disk never reaches the other slot. */
export const PAGE_BYTES = 4096
export const DESCRIPTOR_BYTES = 40
/** One read of so many bytes has both slots of a record that lies in its two pages. */
export const HEAD_BYTES: number = 2 * PAGE_BYTES

const MAGIC = 0x31534648 // HFS1
const COVERED_FROM = 16
const INLINE_BYTES = PAGE_BYTES - DESCRIPTOR_BYTES

// A new file has both pages at once. If it grew into the second one later, a write that was cut off there and lacks only zeros would become
// whole when the file grows, which reads as zeros, though nobody was ever told of it.
const SECOND_PAGE_END: SlotWrite = { bytes: new Uint8Array(1), position: HEAD_BYTES - 1 }

/** What a descriptor says. Nothing of it is sure until the checksum was compared. */
export interface Slot {
  readonly index: 0 | 1
  /** Counts the writes of this file; the higher one of the two slots is the live one. */
  readonly sequence: number
  readonly offset: number
  readonly length: number
}

/** Bytes to be written at a place. */
export interface SlotWrite {
  readonly bytes: Uint8Array
  readonly position: number
}

/** Reads a descriptor; `undefined` where there never was one. */
export function slotAt(head: Buffer, bytesRead: number, index: 0 | 1): Slot | undefined {
  const start = index * PAGE_BYTES
  if (bytesRead < start + DESCRIPTOR_BYTES || head.readUInt32LE(start) !== MAGIC) return undefined
  return { index, sequence: readUInt64(head, start + 16), offset: readUInt64(head, start + 24), length: head.readUInt32LE(start + 32) }
}

/** Whether the text lies behind its own descriptor, and so in the head that was read. */
export function isInline(slot: Slot): boolean {
  return slot.offset === inlineOffset(slot.index)
}

/** Whether a slot is whole. */
export function isWhole(slot: Slot, head: Buffer, text: Buffer): boolean {
  if (text.length !== slot.length) return false
  const start = slot.index * PAGE_BYTES
  const covered = crc32(head.subarray(start + COVERED_FROM, start + DESCRIPTOR_BYTES))
  return crc32(text, covered) === head.readUInt32LE(start + 4)
}

/**
 * Whether two descriptors can stand in one file at one time. A read without the lock copies one page after the other while
 * writes go on, and may see an old one beside a new one.
 */
export function areNeighbours(live: Slot, other: Slot | undefined): boolean {
  return other === undefined ? live.sequence === 1 : other.sequence === live.sequence - 1
}

/** The highest sequence that is known to be on the disk. */
export function durableSequence(head: Buffer, bytesRead: number): number {
  let highest = 0
  for (const index of [0, 1] as const) {
    if (slotAt(head, bytesRead, index) !== undefined) highest = Math.max(highest, readUInt64(head, index * PAGE_BYTES + 8))
  }
  return highest
}

/**
 * Says what to write where, so that the live slot stays whole until the new one is.
 *
 * @param live The live slot; `undefined` for a new file.
 * @param image The text with `DESCRIPTOR_BYTES` of room before it, which this function fills in.
 * @param durable What is known to be on the disk once this is written.
 */
export function planWrite(
  live: Slot | undefined,
  image: Buffer,
  durable: number,
): { readonly slot: Slot; readonly writes: readonly SlotWrite[] } {
  const index = live?.index === 0 ? 1 : 0
  const length = image.length - DESCRIPTOR_BYTES
  const offset = length <= INLINE_BYTES ? inlineOffset(index) : roomFor(length, live)
  const slot: Slot = { index, sequence: (live?.sequence ?? 0) + 1, offset, length }
  image.writeUInt32LE(MAGIC, 0)
  writeUInt64(image, durable, 8)
  writeUInt64(image, slot.sequence, 16)
  writeUInt64(image, offset, 24)
  image.writeUInt32LE(length, 32)
  image.writeUInt32LE(0, 36)
  image.writeUInt32LE(crc32(image.subarray(COVERED_FROM)), 4)
  const start = index * PAGE_BYTES
  if (isInline(slot))
    return { slot, writes: live === undefined ? [SECOND_PAGE_END, { bytes: image, position: start }] : [{ bytes: image, position: start }] }
  return {
    slot,
    writes: [
      { bytes: image.subarray(DESCRIPTOR_BYTES), position: offset },
      { bytes: image.subarray(0, DESCRIPTOR_BYTES), position: start },
    ],
  }
}

/**
 * The note that a slot's write has reached the disk. It stands in the page of the other slot, which is written next:
 * the page that was just made durable is not touched again.
 */
export function durableMark(slot: Slot): SlotWrite {
  const bytes = Buffer.allocUnsafe(8)
  writeUInt64(bytes, slot.sequence, 0)
  return { bytes, position: (1 - slot.index) * PAGE_BYTES + 8 }
}

function inlineOffset(index: 0 | 1): number {
  return index * PAGE_BYTES + DESCRIPTOR_BYTES
}

/** Room for a text that does not fit into its page: before the live one, else behind it. */
function roomFor(length: number, live: Slot | undefined): number {
  if (live === undefined || isInline(live) || live.offset - HEAD_BYTES >= length) return HEAD_BYTES
  return Math.ceil((live.offset + live.length) / PAGE_BYTES) * PAGE_BYTES
}

function readUInt64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 0x1_0000_0000
}

function writeUInt64(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32LE(value % 0x1_0000_0000, at)
  bytes.writeUInt32LE(Math.floor(value / 0x1_0000_0000), at + 4)
}
