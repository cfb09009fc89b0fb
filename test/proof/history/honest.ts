// Histories of a store without a fault, whose clients wait, overlap, lose requests and lose answers.
import * as fc from 'fast-check'
import type { Answer, Deed, IdName, Leftovers, Operation, Request } from '../../../proof/history/event.ts'
import { HonestServer } from './honest-server.ts'

/** What becomes of a request: answered; never carried out, and said so; never carried out, or only once nobody waits any more; carried out, and the answer lost. */
type Fate = 'answered' | 'refused' | 'lost' | 'late' | 'unanswered'

interface Wish {
  readonly session: number
  readonly deed: Deed
  readonly concurrency: Request['concurrency']
  readonly fate: Fate
  readonly gap: number
  readonly toSight: number
  readonly toEffect: number
  readonly toEnd: number
  readonly isOldId: boolean
}

export interface HonestHistory {
  readonly history: readonly Operation[]
  readonly leftovers: Leftovers
}

const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Deed>({ kind: 'read' }) },
  { weight: 4, arbitrary: fc.constant<Deed>({ kind: 'increment' }) },
  { weight: 3, arbitrary: fc.nat(9).map((argument): Deed => ({ kind: 'write', argument })) },
  { weight: 2, arbitrary: fc.boolean().map((endsOld): Deed => ({ kind: 'regenerate', endsOld })) },
  { weight: 1, arbitrary: fc.constant<Deed>({ kind: 'destroy' }) },
)

const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Fate>('answered') },
  { weight: 4, arbitrary: fc.constantFrom<Fate>('refused', 'lost', 'late', 'unanswered') },
)

const wish: fc.Arbitrary<Wish> = fc.record({
  session: fc.nat(1),
  deed,
  concurrency: fc.constantFrom('exclusive', 'merge'),
  fate,
  gap: fc.nat(30),
  toSight: fc.nat(30),
  toEffect: fc.nat(10),
  toEnd: fc.nat(30),
  isOldId: fc.integer({ min: 0, max: 5 }).map((at) => at === 0),
})

/** Any honest history. */
export const honest: fc.Arbitrary<HonestHistory> = fc.array(wish, { minLength: 1, maxLength: 40 }).map(played)

interface Moment {
  readonly at: number
  readonly happens: () => void
}

function played(wishes: readonly Wish[]): HonestHistory {
  const server = new HonestServer()
  const operations: Operation[] = []
  const jar = new Map<string, IdName>()
  const earlier = new Map<string, IdName[]>()
  const moments: Moment[] = []
  let startsAt = 0
  for (const [index, one] of wishes.entries()) {
    startsAt += one.gap
    const isFirst = wishes.findIndex(({ session }) => session === one.session) === index
    const wished: Wish = isFirst ? { ...one, deed: { kind: 'create' } } : one
    const at = startsAt + index / 1000
    moments.push({ at, happens: () => moments.push(...momentsOf(wished, index, at, { server, operations, jar, earlier })) })
  }
  for (let next = takeFirst(moments); next !== undefined; next = takeFirst(moments)) next.happens()
  return { history: operations, leftovers: server.leftovers(jar) }
}

function takeFirst(moments: Moment[]): Moment | undefined {
  moments.sort((one, other) => one.at - other.at)
  return moments.shift()
}

interface Place {
  readonly server: HonestServer
  readonly operations: Operation[]
  readonly jar: Map<string, IdName>
  readonly earlier: Map<string, IdName[]>
}

function momentsOf(wished: Wish, index: number, invokedAt: number, { server, operations, jar, earlier }: Place): Moment[] {
  const { fate: becomes, concurrency } = wished
  const session = `s${wished.session}`
  const cookies = earlier.get(session) ?? []
  const cameBy = wished.isOldId ? cookies[index % Math.max(1, cookies.length)] : jar.get(session)
  const request: Request = { name: `r${index}`, process: `p${index % 3}`, session, cameBy, concurrency, invokedAt }
  const seesAt = invokedAt + wished.toSight
  const isOneMoment = concurrency === 'exclusive' && wished.deed.kind !== 'destroy'
  const lateBy = becomes === 'late' ? 200 : 0
  const changesAt = seesAt + (isOneMoment ? 0 : wished.toEffect) + 0.0001
  const endedAt = changesAt + wished.toEnd
  let saw: Answer['saw'] = 'new'
  let answer: Answer = { saw }
  const see = (): void => void (saw = server.see(cameBy))
  let isGone = false
  const change = (): void => {
    const done = saw === 'new' && wished.deed.kind !== 'create' ? true : changed(server, wished.deed, session, cameBy)
    isGone = done === 'gone'
    const given = typeof done === 'object' ? done.given : undefined
    const held = { enteredAt: seesAt - 0.0001, leftAt: changesAt }
    answer = { saw, servedUnder: given ?? server.idNow(cameBy), held, ...(given !== undefined && { cookie: { given } }) }
  }
  const end = (): void => {
    if (becomes === 'answered' && !isGone) operations.push({ ...request, ...wished.deed, outcome: 'ok', endedAt, answer })
    else if (becomes === 'answered' || becomes === 'refused')
      operations.push({ ...request, ...wished.deed, outcome: 'fail', endedAt, answer: { saw } })
    else operations.push({ ...request, ...wished.deed, outcome: 'unknown', endedAt })
    const given = answer.cookie === undefined || answer.cookie === 'removed' ? undefined : answer.cookie.given
    if (becomes !== 'answered' || given === undefined) return
    jar.set(session, given)
    earlier.set(session, [...cookies, given])
  }
  const sight: Moment = { at: seesAt + lateBy, happens: see }
  const effect: Moment = { at: changesAt + lateBy, happens: change }
  const over: Moment = { at: endedAt, happens: end }
  if (becomes === 'lost') return [over]
  return becomes === 'refused' ? [sight, over] : [sight, effect, over]
}

/** `gone`: the session ended, or the id was replaced, since it was seen. */
function changed(server: HonestServer, wished: Deed, session: string, id: IdName | undefined): true | 'gone' | { readonly given: IdName } {
  if (wished.kind === 'create') return { given: server.create(session) }
  if (wished.kind === 'regenerate') {
    const given = server.regenerate(id, wished.endsOld)
    return given === undefined ? 'gone' : { given }
  }
  if (wished.kind === 'destroy') server.destroy(id)
  if (wished.kind === 'destroy' || wished.kind === 'read') return true
  const isDone = server.change(id, (seen) =>
    wished.kind === 'write' ? { ...seen, value: wished.argument } : { ...seen, counter: seen.counter + 1, twin: seen.twin + 1 },
  )
  return isDone || 'gone'
}
