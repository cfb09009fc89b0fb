import { NextResponse } from 'next/server.js'
import { withSession } from './lib/sessions.ts'

export const proxy = withSession(() => NextResponse.next())

export const config = { matcher: ['/read'] }
