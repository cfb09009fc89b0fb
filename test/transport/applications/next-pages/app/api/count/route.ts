import { withSession } from '../../../lib/sessions.ts'

export const GET = withSession((_, { session }) => new Response(String(session.increment('count'))))
