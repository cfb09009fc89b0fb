import { NextResponse } from 'next/server.js'
import { withSession } from './lib/sessions.ts'

export const proxy = withSession((request, { session }) => {
  session.increment('count')
  return request.nextUrl.searchParams.has('rewrite') ? NextResponse.rewrite(new URL('/read', request.url)) : NextResponse.next()
})

export const config = { matcher: ['/proxied', '/proxied/:path*'] }
