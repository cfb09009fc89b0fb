'use server'

import { notFound, redirect } from 'next/navigation'
import { action } from '../../../../../src/adapters/next.ts'
import { sessionAction, sessions } from './sessions.ts'

export const login = sessionAction(async (session, form: FormData) => {
  const name = form.get('name')
  if (typeof name !== 'string') return
  await session.regenerate({ destroy: true })
  session.setUserId(7)
  session.markAuthenticated()
  session.set('name', name)
  session.flash('status', `Welcome, ${name}.`)
  redirect('/status')
})

export const count = sessionAction((session) => {
  session.increment('count')
  session.flash('status', 'Counted.')
})

export const logout = sessionAction((session) => session.destroy())

export const fail = sessionAction((session) => {
  session.set('count', 1000)
  throw new Error('broken')
})

export const leave = sessionAction((session) => {
  session.increment('count')
  notFound()
})

export const saved = sessionAction(async (session) => {
  session.set('count', 1)
  await session.save()
  session.set('count', 2)
})

const keptThough = action(sessions, { saveOnError: true })((session) => {
  session.set('count', 1000)
  throw new Error('broken')
})

/** Leads to what its action has thrown. */
export async function kept(): Promise<void> {
  const thrown = await keptThough().then(
    () => 'nothing',
    (error: unknown) => (error instanceof Error ? error.message : 'no error'),
  )
  redirect(`/status?${thrown}`)
}

export const strict = action(sessions, { csrf: { tokens: 'always' } })((session) => {
  session.increment('count')
})

export const fresh = action(sessions, { requireFresh: { withinSeconds: 300 } })((session) => {
  session.increment('count')
})

/** Not a form's: it is called with values, and answers one. */
export const add = sessionAction((session, by: number, twice: boolean) => {
  session.set('count', session.get('count', 0) + (twice ? 2 * by : by))
  return session.get('count')
})
