import { describe, expect, it } from 'vitest'
import { commitPlan } from '../../src/session/commit-plan.ts'
import type { CommitFacts, StoreStep } from '../../src/session/commit-plan.ts'

/** Every combination of the seven facts. */
function allFacts(): CommitFacts[] {
  return Array.from({ length: 128 }, (_, bits) => {
    const bit = (at: number): boolean => (bits >> at) % 2 === 1
    return {
      isStored: bit(0),
      isWritable: bit(1),
      isWorthKeeping: bit(2),
      isChanged: bit(3),
      isReplacing: bit(4),
      isTouchDue: bit(5),
      isCookieDue: bit(6),
    }
  })
}

function stepsOf(facts: readonly CommitFacts[]): Set<StoreStep> {
  return new Set(facts.map((each) => commitPlan(each).step))
}

const facts = allFacts()

describe('the commit plan', () => {
  it('looks at every combination of facts', () => {
    expect(new Set(facts.map((each) => JSON.stringify(each))).size).toBe(128)
  })

  it('a session that takes no writes is never written, and its use is recorded when that is due', () => {
    const stored = facts.filter((each) => !each.isWritable && each.isStored)
    expect(stepsOf(facts.filter((each) => !each.isWritable && !each.isStored))).toEqual(new Set(['nothing']))
    expect(stepsOf(stored.filter(({ isTouchDue }) => isTouchDue))).toEqual(new Set(['touch']))
    expect(stepsOf(stored.filter(({ isTouchDue }) => !isTouchDue))).toEqual(new Set(['release']))
  })

  it('a new session is inserted, with its cookie, only when it is worth keeping', () => {
    const fresh = facts.filter((each) => each.isWritable && !each.isStored)
    for (const each of fresh) {
      expect(commitPlan(each)).toEqual(
        each.isWorthKeeping ? { step: 'insert', renewsCookie: true } : { step: 'nothing', renewsCookie: false },
      )
    }
  })

  it('a stored session that moves to a new id always sends its cookie', () => {
    for (const each of facts.filter(({ isWritable, isStored, isReplacing }) => isWritable && isStored && isReplacing)) {
      expect(commitPlan(each)).toEqual({ step: 'replace', renewsCookie: true })
    }
  })

  it('a stored session that stays is written when it changed, touched when that is due, and else given back', () => {
    const staying = facts.filter(({ isWritable, isStored, isReplacing }) => isWritable && isStored && !isReplacing)
    expect(stepsOf(staying.filter(({ isChanged }) => isChanged))).toEqual(new Set(['write']))
    expect(stepsOf(staying.filter(({ isChanged, isTouchDue }) => !isChanged && isTouchDue))).toEqual(new Set(['touch']))
    expect(stepsOf(staying.filter(({ isChanged, isTouchDue }) => !isChanged && !isTouchDue))).toEqual(new Set(['release']))
  })

  it('the cookie of a session that stays goes with a write or a touch when it is due, never without', () => {
    for (const each of facts.filter(({ isWritable, isStored, isReplacing }) => isWritable && isStored && !isReplacing)) {
      const isUsed = each.isChanged || each.isTouchDue
      expect(commitPlan(each).renewsCookie).toBe(each.isCookieDue && isUsed)
    }
  })

  it('whether something is worth keeping matters to new sessions only', () => {
    for (const each of facts.filter(({ isStored }) => isStored)) {
      expect(commitPlan({ ...each, isWorthKeeping: true })).toEqual(commitPlan({ ...each, isWorthKeeping: false }))
    }
  })
})
