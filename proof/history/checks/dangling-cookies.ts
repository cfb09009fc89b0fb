import { issuerOf, mayBeReplaced, mayHaveEnded } from '../ends.ts'
import type { IdName, Leftovers, Operation } from '../event.ts'
import { found, shownBy } from '../report.ts'
import type { Verdict, Violation } from '../report.ts'
import { sessionsOf } from '../sessions.ts'

/** Whether a cookie that an answer gave led nowhere though nobody had ended or replaced its session, or was taken away from a session that lives. */
export function danglingCookies(history: readonly Operation[], { cookies }: Leftovers): Verdict {
  const sessions = sessionsOf(history)
  const during = history.flatMap((operation) => ofOne(operation, sessions.get(operation.session) ?? []))
  const atEnd = cookies.flatMap(({ session: name, id, found: end }): Violation[] => {
    const session = sessions.get(name) ?? []
    if (end !== 'new' || mayLeadNowhere(id, session, Infinity)) return []
    return [withIssuer(`in the end the cookie ${id} of ${name} leads nowhere`, id, session)]
  })
  return found([...during, ...atEnd])
}

function ofOne(operation: Operation, session: readonly Operation[]): Violation[] {
  const { answer, cameBy, kind, endedAt = Infinity } = operation
  if (answer === undefined || cameBy === undefined || mayLeadNowhere(cameBy, session, endedAt)) return []
  if (answer.saw === 'new') return [withIssuer(`the cookie ${cameBy} of ${operation.session} led nowhere`, cameBy, session, operation)]
  if (answer.cookie === 'removed' && kind !== 'destroy')
    return [shownBy(`the cookie of ${operation.session}, which lives, was taken away`, operation)]
  return []
}

function mayLeadNowhere(id: IdName, session: readonly Operation[], at: number): boolean {
  return mayHaveEnded(session, at) || mayBeReplaced(id, session, at)
}

function withIssuer(what: string, id: IdName, session: readonly Operation[], ...others: readonly Operation[]): Violation {
  const issuer = issuerOf(id, session)
  return shownBy(what, ...(issuer === undefined ? [] : [issuer]), ...others)
}
