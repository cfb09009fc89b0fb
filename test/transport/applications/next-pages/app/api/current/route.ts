import { currentSession } from '../../../../../../../src/context/current-session.ts'
import { sessions, withSession } from '../../../lib/sessions.ts'

export const GET = withSession((_, { session }) =>
  Response.json({ any: Object.is(currentSession(), session), ofManager: currentSession(sessions) === session }),
)
