import express from 'express'
import type { Request, Response } from 'express'
import { getIronSession } from 'iron-session'
import type { IronSession } from 'iron-session'
import type { Candidate } from '../../harness/candidate.ts'
import { ordinaryData } from '../counter-app.ts'
import { SECRET, handlersOf } from './counter.ts'
import type { Counter } from './counter.ts'

type Opened = IronSession<{ count: number }>

const counter: Counter<Opened> = {
  fill: (session) => Object.assign(session, ordinaryData, { count: 0 }).save(),
  read: (session) => session.count,
  write: (session, count) => {
    session.count = count
    return session.save()
  },
}

const open = (request: Request, response: Response): Promise<Opened> =>
  getIronSession(request, response, { password: SECRET, cookieName: 'session', cookieOptions: { secure: false } })

/** iron-session on the same Express as the others, as its documentation shows it: the session is sealed into the cookie. */
export function start(): Candidate {
  const app = express()
  app.disable('x-powered-by')
  for (const [path, handle] of handlersOf(counter)) {
    app.get(path, async (request, response) => {
      response.json(await handle(await open(request, response), Number(request.query['ms'] ?? 0)))
    })
  }
  return { listener: app }
}
