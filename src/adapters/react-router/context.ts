import { createContext } from 'react-router'
import type { RouterContext, RouterContextProvider } from 'react-router'
import type { SessionManager } from '../../manager/session-manager.ts'
import type { Session } from '../../session/session.ts'
import { innermost } from '../fetch/mounted.ts'
import { notesOf } from './notes.ts'

const contexts = new WeakMap<object, RouterContext>()

/**
 * Where loaders, actions and middleware find the session: `context.get(sessionContext(sessions))`, with the type of the manager's data. It is one and the same
 * for one manager. Behind no `session()`, and on a path that is excepted, React Router's `get` throws; `findSession` does not.
 */
export function sessionContext<Data extends object>(manager: SessionManager<Data>): RouterContext<Session<Data>>
export function sessionContext(manager: object): RouterContext {
  const known = contexts.get(manager)
  if (known !== undefined) return known
  const made = createContext()
  contexts.set(manager, made)
  return made
}

/** Gives the session of a request, or `undefined` where it has none. */
export function findSession<Data extends object>(
  context: Readonly<RouterContextProvider>,
  manager: SessionManager<Data>,
): Session<Data> | undefined
export function findSession(context: Readonly<RouterContextProvider>, manager: object): object | undefined {
  let one = innermost(notesOf(context))
  while (one !== undefined && one.open.manager !== manager) one = one.outer
  return one?.open.session
}
