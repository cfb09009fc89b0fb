import { redirect } from 'next/navigation'
import { withSession } from '../../../../lib/sessions.ts'

export const GET = withSession<{ readonly params: Promise<{ readonly where: string }> }>(async (_, { session, params }) => {
  session.increment('count')
  redirect(`/${(await params).where}?a=1;b=2`)
})
