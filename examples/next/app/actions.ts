'use server'

import { redirect } from 'next/navigation'
import { sessionAction } from '../lib/sessions'

export const login = sessionAction(async (session, form: FormData) => {
  const name = form.get('name')
  if (typeof name !== 'string' || name === '') return
  await session.regenerate({ destroy: true })
  session.setUserId(name)
  session.set('name', name)
  session.flash('status', `Welcome, ${name}.`)
  redirect('/')
})
