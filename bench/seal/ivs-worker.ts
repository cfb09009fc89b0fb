// ivs-worker.ts WAY SEALS AT_ONCE: seals as many texts as a server process does, and tells under which derived keys, and which IVs came twice.
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort } from 'node:worker_threads'
import { tellParent } from '../../proof/faults/parent.ts'
import { EncryptedSerializer } from '../../src/serializers/encrypted.ts'
import { keyFrom } from '../file/support.ts'
import { IvBooks } from './iv-books.ts'
import type { IvReport } from './ivs.ts'
import { keyTextFrom, passingThrough } from './support.ts'

/** As long as a process stands still that must not go on with what it had drawn. */
const LONG_PAUSE_MS = 1200
const BREATH = 4096

const [way, seals, atOnce] = process.argv.slice(2)
// As in a runtime that has no node:crypto.
if (way === 'web') Reflect.set(process, 'getBuiltinModule', undefined)
const context = { key: keyFrom('ab'.repeat(32)), field: 'payload' } as const
const serializer = new EncryptedSerializer({ keys: { v1: keyTextFrom('ivs') }, serializer: passingThrough })
const books = new IvBooks()

async function seal(count: number): Promise<void> {
  let left = count
  const lane = async (): Promise<void> => {
    while (left-- > 0) {
      const sealed = serializer.prepare('x', context)
      const text = sealed instanceof Promise ? await sealed : sealed
      if (text === undefined) throw new TypeError('nothing was sealed')
      books.add(text)
      if (left % BREATH === 0) await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await Promise.all(Array.from({ length: Number(atOnce) }, lane))
}

const before = Math.floor(Number(seals) / 8)
await seal(before)
await sleep(LONG_PAUSE_MS)
await seal(Number(seals) - before)

const report: IvReport = { seals: books.size, heads: books.heads, repeated: books.repeated() }
if (parentPort === null) {
  await tellParent(report)
  process.disconnect()
} else {
  parentPort.postMessage(report, [])
}
