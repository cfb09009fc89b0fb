import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Roster } from '../../src/session/roster.ts'

describe('a roster', () => {
  it('holds what a set would hold', () => {
    const steps = fc.array(fc.record({ adds: fc.boolean(), which: fc.nat({ max: 9 }) }), { maxLength: 100 })
    fc.assert(
      fc.property(steps, (all) => {
        const items = Array.from({ length: 10 }, () => ({ place: -1 }))
        const [roster, model] = [new Roster<{ place: number }>(), new Set<{ place: number }>()]
        for (const { adds, which } of all) {
          const item = items[which] ?? expect.fail('there are ten')
          if (adds) {
            roster.add(item)
            model.add(item)
          } else {
            roster.remove(item)
            model.delete(item)
          }
          expect(roster.size).toBe(model.size)
          expect(new Set(roster.all())).toEqual(model)
          expect(items.map((each) => roster.has(each))).toEqual(items.map((each) => model.has(each)))
        }
      }),
    )
  })
})
