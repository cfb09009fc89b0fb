import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import fc from 'fast-check'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { makeDurable, readSlots, writeFirstSlotDurably, writeSlot, writeSlotDurably } from '../../../src/drivers/file/slot-io.ts'
import { DESCRIPTOR_BYTES, PAGE_BYTES } from '../../../src/drivers/file/slots.ts'
import { makeFolder } from './support.ts'

// A loss of power keeps what was synced. Of every page that was written to since, it may keep the old bytes or any later ones, a mixture,
// or rubbish: so says a disk that promises nothing about a page that is on its way.

const folder = makeFolder()
const fd = fs.openSync(`${folder}/cache`, 'w+')
const disk = fs.openSync(`${folder}/disk`, 'w+')
const { writeSync, fdatasync } = fs

afterEach(stopRecording)
afterAll(() => {
  fs.closeSync(fd)
  fs.closeSync(disk)
  fs.rmSync(folder, { recursive: true })
})

/** One writer. It may be killed before one of its calls of the system. */
interface Writer {
  readonly kind: 'save' | 'touch'
  readonly length: number
  readonly killedAt: number | undefined
}

type Entry =
  | { readonly kind: 'write'; readonly bytes: Buffer; readonly position: number }
  | { readonly kind: 'sync' }
  | { readonly kind: 'answered'; readonly number: number }

const writer = fc.record<Writer>({
  kind: fc.constantFrom('save', 'save', 'touch'),
  length: fc.oneof(fc.integer({ min: 8, max: 300 }), fc.integer({ min: 4000, max: 12_000 })),
  killedAt: fc.option(fc.nat(5), { nil: undefined }),
})

describe("a record under durability 'power'", () => {
  it('is there after a loss of power at any moment, as it was answered or newer, whichever writers were killed before', async () => {
    let losses = 0
    await fc.assert(
      fc.asyncProperty(fc.array(writer, { minLength: 1, maxLength: 8 }), fc.nat(), async (writers, seed) => {
        const log = await record(writers)
        const random = randomFrom(seed)
        for (let end = log.findIndex(({ kind }) => kind === 'answered'); end <= log.length; end++) {
          const past = log.slice(0, end + 1)
          const answered = past.findLast((entry) => entry.kind === 'answered')?.number ?? -1
          losePower(past, random)
          expect(Number(readSlots(disk)?.text.toString().trim() ?? Number.NaN)).toBeGreaterThanOrEqual(answered)
          losses += 1
        }
      }),
      { numRuns: 150 },
    )
    expect(losses).toBeGreaterThan(1000)
  })

  it('costs one sync a save, and one more only after a write that was not synced', async () => {
    const save = { kind: 'save', length: 100, killedAt: undefined } as const
    const syncs = async (writers: readonly Writer[]): Promise<number> =>
      (await record(writers)).filter(({ kind }) => kind === 'sync').length
    const creation = await syncs([])
    expect(creation).toBe(1)
    expect(await syncs([save, save, save])).toBe(creation + 3)
    expect(await syncs([save, { ...save, kind: 'touch' }, save])).toBe(creation + 3)
    expect(await syncs([save, { ...save, killedAt: 1 }, save])).toBe(creation + 3)
  })
})

/** Runs the writers, one after the other, and answers with what they asked of the system. */
async function record(writers: readonly Writer[]): Promise<Entry[]> {
  const log: Entry[] = []
  fs.ftruncateSync(fd, 0)
  startRecording(log, undefined)
  await writeFirstSlotDurably(fd, imageOf(0, 100))
  log.push({ kind: 'answered', number: 0 })
  for (const [index, { kind, length, killedAt }] of writers.entries()) {
    const state = readSlots(fd)
    if (state === undefined) throw new Error('a killed writer left no whole slot')
    startRecording(log, killedAt)
    try {
      const image = imageOf(index + 1, length)
      if (kind === 'save') {
        await writeSlotDurably(fd, state, image)
        log.push({ kind: 'answered', number: index + 1 })
      } else {
        writeSlot(fd, await makeDurable(fd, state), image)
      }
    } catch (error) {
      if (!(error instanceof Killed)) throw error
    }
  }
  stopRecording()
  return log
}

class Killed extends Error {}

function startRecording(log: Entry[], killedAt: number | undefined): void {
  let calls = 0
  const step = (): void => {
    if (calls++ === killedAt) throw new Killed()
  }
  Object.assign(fs, {
    writeSync: (to: number, bytes: Buffer, offset: number, length: number, position: number): number => {
      step()
      log.push({ kind: 'write', bytes: Buffer.from(bytes.subarray(offset, offset + length)), position })
      return writeSync(to, bytes, offset, length, position)
    },
    fdatasync: (_: number, done: (error: Error | null) => void): void => {
      step()
      log.push({ kind: 'sync' })
      done(null)
    },
  })
  syncBuiltinESMExports()
}

function stopRecording(): void {
  Object.assign(fs, { writeSync, fdatasync })
  syncBuiltinESMExports()
}

/** Makes what a disk may hold when the power went after the last entry. */
function losePower(past: readonly Entry[], random: () => number): void {
  const synced = past.findLastIndex(({ kind }) => kind === 'sync')
  const durable = apply(Buffer.alloc(0), past.slice(0, synced))
  const pages = new Map<number, Buffer[]>()
  let image = durable
  for (const entry of past.slice(synced)) {
    if (entry.kind !== 'write') continue
    image = apply(image, [entry])
    for (let page = Math.floor(entry.position / PAGE_BYTES); page * PAGE_BYTES < entry.position + entry.bytes.length; page++) {
      const versions = pages.get(page) ?? [pageOf(durable, page)]
      pages.set(page, [...versions, pageOf(image, page)])
    }
  }
  const end = Buffer.alloc(Math.ceil(image.length / PAGE_BYTES) * PAGE_BYTES)
  durable.copy(end)
  for (const [page, versions] of pages) onDisk(versions, random).copy(end, page * PAGE_BYTES)
  fs.ftruncateSync(disk, 0)
  fs.writeSync(disk, end, 0, end.length, 0)
}

function onDisk(versions: readonly Buffer[], random: () => number): Buffer {
  const any = (): Buffer => versions[Math.floor(random() * versions.length)] ?? Buffer.alloc(PAGE_BYTES)
  const chance = random()
  if (chance < 0.2) return Buffer.from(any().map(() => Math.floor(random() * 256)))
  if (chance < 0.5) return any()
  const cut = Math.floor(random() * PAGE_BYTES)
  return Buffer.concat([any().subarray(0, cut), any().subarray(cut)])
}

function apply(image: Buffer, entries: readonly Entry[]): Buffer {
  let result = Buffer.from(image)
  for (const entry of entries) {
    if (entry.kind !== 'write') continue
    const end = entry.position + entry.bytes.length
    if (end > result.length) result = Buffer.concat([result, Buffer.alloc(end - result.length)])
    entry.bytes.copy(result, entry.position)
  }
  return result
}

function pageOf(image: Buffer, page: number): Buffer {
  const bytes = Buffer.alloc(PAGE_BYTES)
  image.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES).copy(bytes)
  return bytes
}

function imageOf(number: number, length: number): Buffer {
  return Buffer.concat([Buffer.alloc(DESCRIPTOR_BYTES), Buffer.from(String(number).padEnd(length))])
}

function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
