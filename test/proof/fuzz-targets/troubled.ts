// What goes wrong so badly that it cannot be caught: the first byte says what.
import { type Target } from '../../../proof/fuzz/target.ts'

export const target: Target = {
  promise: 'is passed over',
  sources: ['test/proof/fuzz-targets/troubled.ts'],
  words: [],
  mostBytes: 16,
  make: () => Buffer.from('x'),
  open: () => ({ run: trouble }),
  openMistaken: () => ({ run: trouble }),
}

function trouble(input: Buffer): void {
  switch (input.toString()) {
    case 'abort':
      return process.abort()
    case 'hang':
      for (;;) Math.sqrt(input.length)
    case 'memory':
      for (const all: number[][] = []; ;) all.push(Array<number>(1_000_000).fill(0.5))
    case 'prototype':
      Reflect.set(Object.prototype, 'polluted', true)
      return
    case 'getter':
      Reflect.defineProperty(Map.prototype, 'size', { get: () => 0 })
      return
    case 'slow':
      for (const before = process.threadCpuUsage(); process.threadCpuUsage(before).user < 500_000;) Math.sqrt(input.length)
      return
    default:
  }
}
