import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Due, DueHeap } from '../../src/drivers/due-heap.ts'

describe('DueHeap', () => {
  it('has the earliest first, whatever was pushed and removed before', () => {
    const step = fc.oneof(fc.record({ push: fc.integer({ min: 0, max: 50 }) }), fc.record({ remove: fc.nat({ max: 100 }) }))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const heap = new DueHeap<Due>()
        const items: Due[] = []
        for (const one of steps) {
          if ('push' in one) {
            const item = { due: one.push, slot: 0 }
            heap.push(item)
            items.push(item)
          } else if (items.length > 0) {
            const [item] = items.splice(one.remove % items.length, 1)
            if (item !== undefined) heap.remove(item)
          }
          const earliest = items.length === 0 ? undefined : Math.min(...items.map(({ due }) => due))
          expect(heap.first?.due).toBe(earliest)
        }
      }),
    )
  })
})
