import type { SessionId } from '../session/id.ts'
import type { House } from './house.ts'
import type { OwnWay } from './move-in.ts'
import type { OpenRequest } from './open-session.ts'
import { Visit } from './visit.ts'

/** How a manager opens the session of a request that brings these ids. */
export function ownWay<Data extends object>(house: House, request: OpenRequest, ids: readonly SessionId[]): OwnWay<Data> {
  const visit = (): Visit<Data> => new Visit<Data>(house, request, false)
  return { ids, open: (known) => visit().open(known), openNew: () => visit().openNew() }
}
