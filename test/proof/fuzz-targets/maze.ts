// A mistake behind four doors, each of which is seen only once the one before it is open.
import { type Target, holds } from '../../../proof/fuzz/target.ts'

export const target: Target = {
  promise: 'is passed over',
  sources: ['test/proof/fuzz-targets/maze.ts'],
  words: [],
  mostBytes: 6,
  make: (random) => Buffer.from([random.below(256)]),
  open: () => ({ run: (input) => holds('nobody gets to the end', depthOf(input) < 4) }),
  openMistaken: () => ({ run: () => undefined }),
}

function depthOf(input: Buffer): number {
  if (input[0] !== 104) return 0
  if (input[1] !== 102) return 1
  if (input[2] !== 49) return 2
  if (input[3] !== 46) return 3
  return 4
}
