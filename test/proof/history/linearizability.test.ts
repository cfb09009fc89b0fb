import { describe, expect, it } from 'vitest'
import { linearizability } from '../../../proof/history/checks/linearizability.ts'
import type { Deed, Operation, Seen } from '../../../proof/history/event.ts'
import { lineOf } from '../../../proof/history/report.ts'

const seen = (counter: number): Seen => ({ mark: 's', value: undefined, counter, twin: counter })

function request(name: string, deed: Deed, invokedAt: number, endedAt: number, saw: Seen | 'new'): Operation {
  const sent = { name, process: 'p', session: 's', cameBy: 'id', concurrency: 'exclusive' as const, invokedAt }
  const cookie = deed.kind === 'create' ? { given: 'id' } : undefined
  return { ...sent, ...deed, outcome: 'ok', endedAt, answer: { saw, cookie } }
}

function counted(length: number): Operation[] {
  return [
    request('create', { kind: 'create' }, 0, 1, 'new'),
    ...Array.from({ length }, (_, at) => request(`count ${at}`, { kind: 'increment' }, 2 * at + 2, 2 * at + 3, seen(at))),
  ]
}

const namesOf = (history: readonly Operation[]): string[][] =>
  linearizability(history).violations.map(({ shownBy }) => shownBy.map(({ name }) => name))

describe('linearizability', () => {
  it('shows two requests of a hundred when the second has not seen the first', () => {
    const history = counted(100)
    history.push(request('stale', { kind: 'read' }, 1000, 1001, seen(99)))
    expect(namesOf(history)).toEqual([['count 99', 'stale']])
  })

  it('shows a first read of what was not there yet, and leaves out what came after it and beside it', () => {
    const history = counted(10)
    history.push(request('early', { kind: 'read' }, 8.2, 8.4, seen(7)), request('beside', { kind: 'read' }, 8.1, 8.5, seen(3)))
    expect(namesOf(history)).toEqual([['count 2', 'count 3', 'early']])
  })

  it('takes a write without an answer as done late, as done, and as never done', () => {
    const lost: Operation = {
      ...request('lost', { kind: 'increment' }, 100, 101, 'new'),
      outcome: 'unknown',
      endedAt: undefined,
      answer: undefined,
    }
    const at = (time: number, counter: number): Operation => request(`at ${time}`, { kind: 'read' }, time, time + 1, seen(counter))
    expect(namesOf([...counted(2), lost, at(200, 2), at(202, 3)])).toEqual([])
    expect(namesOf([...counted(2), lost, at(200, 3), at(202, 3)])).toEqual([])
    expect(namesOf([...counted(2), lost, at(200, 2), at(202, 2)])).toEqual([])
    expect(namesOf([...counted(2), lost, at(200, 3), at(202, 2)])).toEqual([['lost', 'at 200', 'at 202']])
    expect(namesOf([...counted(2), at(98, 3), lost])).toEqual([['count 1', 'at 98']])
  })

  it('counts a session that it cannot decide on, and does not call it fine', () => {
    expect(linearizability(counted(100), { mostPlaces: 10 })).toEqual({ violations: [], undecided: ['s'] })
  })

  it('tells a request in one line, with all that the check went by', () => {
    const [create, first] = counted(1).map(lineOf)
    expect(create).toBe('create of p, 0.0 to 1.0: create s by id, exclusive: ok, saw a new session, cookie id')
    expect(first).toBe('count 0 of p, 2.0 to 3.0: increment s by id, exclusive: ok, saw s with value none, counters 0 and 0')
  })
})
