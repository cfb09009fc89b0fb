import { NextResponse } from 'next/server'
import { withSession } from './lib/sessions'

export const proxy = withSession((request, { session }) => {
  if (request.method === 'GET') session.increment('visits')
  return NextResponse.next()
})

export const config = { matcher: '/' }
