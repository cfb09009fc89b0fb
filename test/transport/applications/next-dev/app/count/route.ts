import { told, withSession } from '../../lib/sessions.ts'

export const GET = withSession((_, { session }) => Response.json({ ...told(), count: session.increment('count') }))
