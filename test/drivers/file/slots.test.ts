import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { readSlots } from '../../../src/drivers/file/slot-io.ts'
import type { SlotState } from '../../../src/drivers/file/slot-io.ts'
import { areNeighbours, DESCRIPTOR_BYTES, PAGE_BYTES, planWrite } from '../../../src/drivers/file/slots.ts'
import type { Slot, SlotWrite } from '../../../src/drivers/file/slots.ts'
import { makeFolder } from './support.ts'

const folder = makeFolder()
const fd = openSync(`${folder}/record`, 'w+')
afterAll(() => {
  closeSync(fd)
  rmSync(folder, { recursive: true })
})

describe('a record file', () => {
  it('holds the text before or after a write, wherever the write is cut off', () => {
    let cuts = 0
    fc.assert(
      fc.property(fc.array(fc.tuple(text, fc.nat()), { minLength: 1, maxLength: 8 }), (steps) => {
        ftruncateSync(fd, 0)
        let live = write(undefined, imageOf('first'))
        let expected = 'first'
        for (const [next, seed] of steps) {
          const { slot, writes } = planWrite(live, imageOf(next), 0)
          for (const [index, bytes] of cutsOf(writes, seed)) {
            applyUntil(writes, index, bytes)
            expect([expected, next]).toContain(textNow())
            cuts += 1
          }
          applyAll(writes)
          expect(textNow()).toBe(next)
          ;[live, expected] = [slot, next]
        }
      }),
      { numRuns: 100 },
    )
    expect(cuts).toBeGreaterThan(2000)
  })

  it('a write that was cut off is there or not, and stays so when the file grows', () => {
    // What it lacks are zeros, which a file that grows reads as: at the end of a text, or of a descriptor without one.
    for (const cutOff of ['', '\0', 'x\0\0\0']) {
      const { writes } = planWrite(undefined, imageOf('first'), 0)
      for (let missing = 1; missing <= 4; missing++) {
        ftruncateSync(fd, 0)
        applyAll(writes)
        applyUntil(planWrite(stateNow().slot, imageOf(cutOff), 0).writes, 0, imageOf(cutOff).length - missing)
        const before = textNow()
        const next = planWrite(stateNow().slot, imageOf('y'.repeat(5000)), 0).writes
        applyUntil(next, 0, 5000)
        expect(textNow()).toBe(before)
      }
    }
  })

  it('goes on after writes that were cut off: each next one is found, and the one before until then', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ next: text, seed: fc.nat(), isCut: fc.boolean() }), { minLength: 1, maxLength: 12 }), (steps) => {
        ftruncateSync(fd, 0)
        write(undefined, imageOf('first'))
        let expected = 'first'
        for (const { next, seed, isCut } of steps) {
          // A writer knows only what it reads under the lock.
          const { writes } = planWrite(stateNow().slot, imageOf(next), 0)
          if (isCut) {
            const cuts = cutsOf(writes, seed)
            const [index, bytes] = cuts[seed % cuts.length] ?? [0, 0]
            applyUntil(writes, index, bytes)
            const found = textNow()
            expect([expected, next]).toContain(found)
            expected = found ?? ''
          } else {
            applyAll(writes)
            expected = next
          }
          expect(textNow()).toBe(expected)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('never writes where the live text lies', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (texts) => {
        let live: Slot | undefined
        for (const next of texts) {
          const { slot, writes } = planWrite(live, imageOf(next), 0)
          for (const { bytes, position } of writes) {
            if (live === undefined) continue
            expect(overlaps(position, bytes.length, live.offset, live.length)).toBe(false)
            expect(overlaps(position, bytes.length, live.index * PAGE_BYTES, DESCRIPTOR_BYTES)).toBe(false)
            // Nor in a page of the disk that it lies in: a page may be torn as a whole.
            expect(Math.floor(position / PAGE_BYTES)).not.toBe(Math.floor(live.offset / PAGE_BYTES))
          }
          live = slot
        }
      }),
    )
  })

  it('does not grow without end when long texts follow one another', () => {
    let live: Slot | undefined
    let end = 0
    for (let length = 5000; length < 6000; length += 1) {
      live = planWrite(live, imageOf('x'.repeat(length)), 0).slot
      end = Math.max(end, live.offset + live.length)
    }
    expect(end).toBeLessThan(8 * PAGE_BYTES)
  })

  it('a text that looks like a slot is no slot', () => {
    const forged = planWrite({ index: 1, sequence: 1000, offset: 0, length: 0 }, imageOf('forged'), 0).writes[0]?.bytes ?? Buffer.alloc(0)
    ftruncateSync(fd, 0)
    const carrier = Buffer.concat([Buffer.alloc(PAGE_BYTES - 2 * DESCRIPTOR_BYTES, 'x'), forged, Buffer.alloc(PAGE_BYTES, forged)])
    const live = write(undefined, withRoom(carrier))
    expect(readSlots(fd)?.text.equals(carrier)).toBe(true)
    write(live, withRoom(carrier))
    expect(readSlots(fd)?.text.equals(carrier)).toBe(true)
    expect(stateNow().slot.sequence).toBe(2)
  })

  it('counts its writes beyond 32 bits', () => {
    ftruncateSync(fd, 0)
    const before: Slot = { index: 0, sequence: 2 ** 32 - 1, offset: DESCRIPTOR_BYTES, length: 0 }
    const live = write(write(before, imageOf('one')), imageOf('two'))
    expect(live.sequence).toBe(2 ** 32 + 1)
    expect(textNow()).toBe('two')
    expect(stateNow().slot.sequence).toBe(2 ** 32 + 1)
  })

  it('an old slot beside a much newer one is a read that two writes overtook', () => {
    const slot = (sequence: number): Slot => ({ index: 0, sequence, offset: 0, length: 0 })
    expect(areNeighbours(slot(7), slot(6))).toBe(true)
    expect(areNeighbours(slot(7), slot(5))).toBe(false)
    expect(areNeighbours(slot(1), undefined)).toBe(true)
    expect(areNeighbours(slot(3), undefined)).toBe(false)
  })
})

/** Lengths around where a text stops fitting into its page, and well beyond. */
const text = fc
  .tuple(fc.oneof(fc.nat(300), fc.integer({ min: 4040, max: 4070 }), fc.nat(20_000)), fc.integer({ min: 33, max: 126 }))
  .map(([length, code]) => String.fromCharCode(code).repeat(length))

function imageOf(content: string): Buffer {
  return withRoom(Buffer.from(content))
}

function withRoom(content: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(DESCRIPTOR_BYTES), content])
}

function write(live: Slot | undefined, image: Buffer): Slot {
  const { slot, writes } = planWrite(live, image, 0)
  applyAll(writes)
  return slot
}

function applyAll(writes: readonly SlotWrite[]): void {
  for (const { bytes, position } of writes) writeSync(fd, bytes, 0, bytes.length, position)
}

/** The writes before one, and so many bytes of it. */
function applyUntil(writes: readonly SlotWrite[], index: number, bytes: number): void {
  applyAll(writes.slice(0, index))
  const last = writes[index]
  if (last !== undefined) writeSync(fd, last.bytes, 0, bytes, last.position)
}

/** Places to cut at: nothing and all but one byte of each write, the first bytes of a descriptor, and somewhere. In the order of time. */
function cutsOf(writes: readonly SlotWrite[], seed: number): [number, number][] {
  return writes.flatMap(({ bytes }, index) =>
    [0, 1, 7, 20, 39, seed % bytes.length, bytes.length - 1]
      .filter((count) => count < bytes.length)
      .toSorted((a, b) => a - b)
      .map((count): [number, number] => [index, count]),
  )
}

function stateNow(): SlotState {
  const read = readSlots(fd)
  if (read === undefined) throw new Error('neither slot is whole')
  return read
}

function textNow(): string | undefined {
  return readSlots(fd)?.text.toString()
}

function overlaps(one: number, oneLength: number, other: number, otherLength: number): boolean {
  return one < other + otherLength && other < one + oneLength
}
