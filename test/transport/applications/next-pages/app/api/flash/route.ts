import { withSession } from '../../../lib/sessions.ts'

export const GET = withSession((request, { session }) => {
  session.flash('status', String(request.nextUrl.searchParams.get('status')))
  return new Response('flashed')
})
