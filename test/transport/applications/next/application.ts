import type { NextRequest } from 'next/server.js'
import { csrf, session } from '../../../../src/adapters/next.ts'
import type { NextContext, NextHandler } from '../../../../src/adapters/next.ts'
import type { Session } from '../../../../src/session/session.ts'
import { perHouse, theHouse } from '../the-house.ts'

export interface Context {
  readonly session: Session
  readonly staff: Session
}

type Served = (request: NextRequest, context: NextContext) => Promise<Response>

const door = perHouse((house) => {
  const withSession = session(house.sessions, house.options)
  const withStaff = house.staff && session(house.staff, { as: 'staff' })
  return (handler: NextHandler<Context>): Served => {
    const guarded: NextHandler<object> = csrf()(handler)
    return withSession(withStaff?.(guarded) ?? guarded)
  }
})

/** A route handler of the house of its time, which is not there yet when the application is built. */
export function served(handler: NextHandler<Context>): Served {
  return (request, context) => door()(handler)(request, context)
}

/** Answers the text that the house has for the path. */
export const text: Served = served(async (request, context) => {
  const { pathname } = new URL(request.url)
  const method = request.method === 'POST' ? 'post' : 'get'
  const route = theHouse().texts.find((one) => one.path === pathname && one.method === method)
  if (route === undefined) throw new Error(`There is no text for ${pathname}.`)
  return new Response(await route.answer(context.session), { status: route.status })
})

/** Answers a stream, of which the session is stored before its first byte. */
export function stream(chunks: (visitor: Session) => ReadableStream): Served {
  return served(async (_, context) => {
    await theHouse().count(context.session)
    return new Response(chunks(context.session))
  })
}
