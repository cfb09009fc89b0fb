import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { isSessionError } from '../../src/session/errors.ts'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { newKey, recordWith, withFolder } from './support.ts'

export interface ReadResult {
  readonly reads: number
  /** Writes that were seen: they ran beside the reads. */
  readonly writesSeen: number
  readonly unreadable: number
  readonly otherErrors: number
  /** Texts that were never written as a whole. */
  readonly mixed: number
  /** Reads that gave an older record than a read before them. */
  readonly backwards: number
}

/** A text that shows whether it is whole, and which write made it. */
export function payloadOf(counter: number, length: number): string {
  return `${counter}:`.padEnd(length, String.fromCharCode(97 + (counter % 26)))
}

/** Reads a record without its lock, beside another process that keeps writing it. */
export async function readBesideWrites(reads: number, bytes: number): Promise<ReadResult> {
  return withFolder(async (path) => {
    const driver = new FileDriver({ path })
    await driver.open()
    const key = newKey()
    await driver.insert(key, recordWith(payloadOf(1, bytes)))
    const writer = spawn(process.execPath, [join(import.meta.dirname, 'write-worker.ts'), path, key, String(bytes)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await Promise.race([once(writer.stdout, 'data'), once(writer, 'exit').then(() => Promise.reject(new Error('the writer ended')))])
    const counts = { unreadable: 0, otherErrors: 0, mixed: 0, backwards: 0 }
    let first: number | undefined
    let last = 0
    for (let read = 0; read < reads; read++) {
      try {
        const found = await driver.read(key)
        if (found?.kind !== 'record') throw new Error('the record is not there')
        const { payload, version } = found.record
        if (payload !== payloadOf(version.counter, payload.length)) counts.mixed += 1
        if (version.counter < last) counts.backwards += 1
        last = version.counter
        first ??= last
      } catch (error) {
        if (isSessionError(error) && error.code === 'ERR_SESSION_UNREADABLE') counts.unreadable += 1
        else counts.otherErrors += 1
      }
      // As in a server, where others have their turn.
      if (read % 16 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    const ended = once(writer, 'exit')
    writer.kill('SIGKILL')
    await ended
    await driver.close()
    return { reads, writesSeen: last - (first ?? last), ...counts }
  })
}
