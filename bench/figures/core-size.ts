import { GOAL_BYTES, measureCore } from '../../scripts/bundle.ts'
import { packageOf, repository } from '../../scripts/support/check.ts'
import type { Figure } from './figure.ts'

export const figure: Figure = {
  name: 'core-size',
  title: 'Bytes of the core with the fetch adapter in one file, and what its parts take',
  peers: ['cookie', 'devalue', 'esbuild'],
  async run(_size, { log }) {
    const { minifiedBytes, gzippedBytes, parts } = await measureCore(repository)
    log(`goal: at most ${GOAL_BYTES} bytes minified and gzipped; measured: ${gzippedBytes}`)
    const rooms = new Map<string, number>()
    for (const { file, bytes } of parts) rooms.set(roomOf(file), (rooms.get(roomOf(file)) ?? 0) + bytes)
    const sorted = [...rooms].filter(([, bytes]) => bytes > 0).toSorted(([, one], [, other]) => other - one)
    const inParts = parts.reduce((sum, { bytes }) => sum + bytes, 0)
    return {
      counts: { goalBytes: GOAL_BYTES, gzippedBytes, minifiedBytes, files: parts.length, ...Object.fromEntries(sorted) },
      rows: [
        { part: 'all', minified: minifiedBytes, 'minified and gzipped': gzippedBytes },
        ...sorted.map(([room, bytes]) => ({ part: room, minified: bytes, 'minified and gzipped': '' })),
        { part: 'what joins them', minified: minifiedBytes - inParts, 'minified and gzipped': '' },
      ],
    }
  },
}

/** The folder below `src`, or the package. */
function roomOf(file: string): string {
  const inPackage = file.split('node_modules/')[1]
  return inPackage === undefined ? file.split('/').slice(0, 2).join('/') : packageOf(inPackage)
}
