import { describe, it } from 'vitest'
import type { Operation } from '../../../proof/history/event.ts'
import { expectFound, otherAnswer, otherLastCookie, otherLeftovers, seenAgain, sightsIn } from './planted.ts'
import type { Sight } from './planted.ts'

const any = (): boolean => true

/** Increments that were acknowledged before this one was sent. */
function acknowledgedBefore({ operation }: Sight, history: readonly Operation[]): number {
  return sightsIn(history).filter(
    ({ operation: { session, kind, outcome, endedAt = Infinity } }) =>
      session === operation.session && kind === 'increment' && outcome === 'ok' && endedAt < operation.invokedAt,
  ).length
}

describe('what a check finds in a history of which one thing is not as it should be', () => {
  it('linearizability: a value that nobody wrote', () => {
    expectFound(
      'linearizability',
      otherAnswer(any, ({ seen }) => ({ saw: { ...seen, value: 99 } })),
    )
  })

  it('linearizability: a new session for one that lives', () => {
    expectFound(
      'linearizability',
      otherAnswer(isUntouched, () => ({ saw: 'new' })),
    )
  })

  it('linearizability: an increment that was forgotten', () => {
    expectFound(
      'linearizability',
      otherAnswer(
        (sight, history) => acknowledgedBefore(sight, history) > 0,
        (sight, history) => {
          const counter = acknowledgedBefore(sight, history) - 1
          return { saw: { ...sight.seen, counter, twin: counter } }
        },
      ),
    )
  })

  it('lost updates: a counter below what was acknowledged', () => {
    expectFound(
      'lost updates',
      otherAnswer(
        (sight, history) => acknowledgedBefore(sight, history) > 0,
        (sight, history) => ({ saw: { ...sight.seen, counter: acknowledgedBefore(sight, history) - 1 } }),
      ),
    )
  })

  it('lost updates: a counter above what was asked for', () => {
    expectFound(
      'lost updates',
      otherAnswer(any, (sight, { length }) => ({ saw: { ...sight.seen, counter: length + 1 } })),
    )
  })

  it('lost updates: a record with less in the end than was acknowledged', () => {
    expectFound(
      'lost updates',
      otherLeftovers(({ history, leftovers: { records } }) => {
        const changed = records.map((record) => {
          const { content } = record
          if (typeof content !== 'object' || content.counter === 0 || isUnsure(content.mark, history)) return record
          return { ...record, content: { ...content, counter: content.counter - 1 } }
        })
        return changed.some((record, at) => record !== records[at]) ? { records: changed } : undefined
      }),
    )
  })

  it('lost updates: a session that is not there in the end', () => {
    expectFound(
      'lost updates',
      otherLeftovers(({ history, leftovers: { records } }) => {
        const kept = records.filter(({ content }) => typeof content !== 'object' || isUnsure(content.mark, history))
        return kept.length < records.length ? { records: kept } : undefined
      }),
    )
  })

  it('resurrections: a session that is served after its end', () => {
    expectFound('resurrections', seenAgain(logoutOf))
  })

  it('resurrections: a session that an id of before a login opens', () => {
    expectFound(
      'resurrections',
      seenAgain((history) =>
        sightsIn(history).find(({ operation: one }) => one.kind === 'regenerate' && one.endsOld && one.outcome === 'ok'),
      ),
    )
  })

  it('resurrections: a session that is in the store after its end', () => {
    expectFound(
      'resurrections',
      otherLeftovers(({ history, leftovers: { records } }) => {
        const logout = logoutOf(history)
        return logout && { records: [...records, { key: 'again', content: logout.seen }] }
      }),
    )
  })

  it('adopted ids: a new session under an id that led nowhere', () => {
    expectFound('adopted ids', ({ history, leftovers }) => {
      const chosen = history.find(({ answer, cameBy }) => answer?.saw === 'new' && cameBy !== undefined)
      if (chosen === undefined) return undefined
      const adopted = { ...chosen, answer: { saw: 'new' as const, servedUnder: chosen.cameBy } }
      return { leftovers, history: history.map((one): Operation => (one === chosen ? adopted : one)) }
    })
  })

  it('adopted ids: a session under an id that its client invented', () => {
    expectFound('adopted ids', ({ history, leftovers }) => {
      const chosen = history.find(({ kind, outcome }) => kind === 'create' && outcome === 'ok')
      if (chosen === undefined) return undefined
      const adopted = { ...chosen, cameBy: chosen.answer?.servedUnder, isInvented: true }
      return { leftovers, history: history.map((one): Operation => (one === chosen ? adopted : one)) }
    })
  })

  it('adopted ids: one id for two sessions', () => {
    expectFound('adopted ids', ({ history, leftovers }) => {
      const [first, second] = history.filter(({ kind, outcome }) => kind === 'create' && outcome === 'ok')
      if (first === undefined || second === undefined) return undefined
      const same = { ...second, answer: first.answer, outcome: 'fail' as const, endedAt: second.endedAt ?? 0 }
      return { leftovers, history: history.map((one): Operation => (one === second ? same : one)) }
    })
  })

  it('strangers: the session of somebody else', () => {
    expectFound(
      'strangers',
      otherAnswer(any, ({ seen }) => ({ saw: { ...seen, mark: 'another' } })),
    )
  })

  it('strangers: the session of somebody else in the end', () => {
    expectFound(
      'strangers',
      otherLastCookie((seen) => ({ ...seen, mark: 'another' })),
    )
  })

  it('leaked locks: one that is held in the end', () => {
    expectFound(
      'leaked locks',
      otherLeftovers(() => ({ locks: ['the lock of s0'] })),
    )
  })

  it('double holders: two that wrote at the same time', () => {
    expectFound('double holders', ({ history, leftovers }) => {
      const holders = sightsIn(history).filter(
        ({ operation: one }) => one.kind === 'increment' && one.concurrency === 'exclusive' && one.outcome === 'ok',
      )
      const [first] = holders
      const other = holders.find((one) => one !== first && one.operation.session === first?.operation.session)
      if (first === undefined || other === undefined) return undefined
      const both = { ...other.operation, answer: { ...other.answer, held: first.answer.held } }
      return { leftovers, history: history.map((one): Operation => (one === other.operation ? both : one)) }
    })
  })

  it('half records: half of a write that was seen', () => {
    expectFound(
      'half records',
      otherAnswer(any, ({ seen }) => ({ saw: { ...seen, twin: seen.counter - 1 } })),
    )
  })

  it('half records: half of a write that a last request saw', () => {
    expectFound(
      'half records',
      otherLastCookie((seen) => ({ ...seen, twin: seen.counter + 1 })),
    )
  })

  it('half records: half of a write in the store', () => {
    expectFound(
      'half records',
      otherLeftovers(() => ({ records: [{ key: 'half', content: { mark: 's0', value: 1, counter: 2, twin: 1 } }] })),
    )
  })

  it('half records: a record that cannot be read', () => {
    expectFound(
      'half records',
      otherLeftovers(({ leftovers: { records } }) => ({ records: [...records, { key: 'torn', content: 'unreadable' }] })),
    )
  })

  it('half records: a part without its whole', () => {
    expectFound(
      'half records',
      otherLeftovers(() => ({ pieces: ['an index entry without its record'] })),
    )
  })

  it('cookies that point nowhere: the last one of a session that lives', () => {
    expectFound(
      'cookies that point nowhere',
      otherLastCookie(() => 'new'),
    )
  })

  it('cookies that point nowhere: one that was given and led nowhere in the next request', () => {
    expectFound(
      'cookies that point nowhere',
      otherAnswer(isUntouched, () => ({ saw: 'new' })),
    )
  })

  it('cookies that point nowhere: one whose session has another id since, with nobody logged in', () => {
    expectFound(
      'cookies that point nowhere',
      otherAnswer(isRenamed, () => ({ saw: 'new' })),
    )
  })

  it('cookies that point nowhere: one that was taken away', () => {
    expectFound(
      'cookies that point nowhere',
      otherAnswer(isUntouched, () => ({ cookie: 'removed' })),
    )
  })

  it('unserved: a browser that is not answered in the end', () => {
    expectFound(
      'unserved',
      otherLastCookie(() => 'unanswered'),
    )
  })
})

/** Nobody ends the session, or changes its id. */
function isUntouched({ operation: { session, cameBy } }: Sight, history: readonly Operation[]): boolean {
  return cameBy !== undefined && !history.some((one) => one.session === session && (one.kind === 'destroy' || one.kind === 'regenerate'))
}

/** It came by an id that may have been changed before, few times; nobody ends the session or logs in. */
function isRenamed({ operation: { session, cameBy, endedAt = Infinity } }: Sight, history: readonly Operation[]): boolean {
  const others = history.filter((one) => one.session === session)
  const changes = others.filter(({ kind, invokedAt }) => kind === 'regenerate' && invokedAt <= endedAt)
  const isOver = others.some((one) => one.kind === 'destroy' || (one.kind === 'regenerate' && one.endsOld))
  const isGiven = others.some(({ answer }) => answer?.cookie !== 'removed' && answer?.cookie?.given === cameBy)
  return cameBy !== undefined && isGiven && !isOver && changes.length > 0 && changes.length <= 5
}

/** A logout that ended its session, where no change of id came near. */
function logoutOf(history: readonly Operation[]): Sight | undefined {
  return sightsIn(history).find(
    ({ operation: { kind, outcome, session } }) =>
      kind === 'destroy' && outcome === 'ok' && !history.some((one) => one.session === session && one.kind === 'regenerate'),
  )
}

/** Nobody knows whether it was made, was ended, or how often it counted. */
function isUnsure(session: string, history: readonly Operation[]): boolean {
  return history.some(
    (one) =>
      one.session === session && (one.kind === 'destroy' || (one.outcome !== 'ok' && (one.kind === 'create' || one.kind === 'increment'))),
  )
}
