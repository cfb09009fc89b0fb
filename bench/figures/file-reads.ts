import { readBesideWrites } from '../file/reads.ts'
import type { Figure } from './figure.ts'

const RECORD_BYTES = 65_536

export const figure: Figure = {
  name: 'file-reads',
  title: 'Reads without the lock beside a process that keeps writing a record of 64 KiB',
  async run(size, { log }) {
    const reads = size === 'full' ? 100_000 : 3000
    log(`${reads} reads`)
    const result = await readBesideWrites(reads, RECORD_BYTES)
    return {
      counts: { ...result },
      rows: [
        {
          reads,
          'writes beside them': result.writesSeen,
          'called unreadable': result.unreadable,
          'other errors': result.otherErrors,
          'mixed texts': result.mixed,
          'older than a read before': result.backwards,
        },
      ],
    }
  },
}
