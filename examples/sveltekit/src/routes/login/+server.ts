import { error, redirect } from '@sveltejs/kit'
import type { RequestEvent } from '@sveltejs/kit'

export async function POST({ locals: { session }, request }: RequestEvent): Promise<never> {
  const name = (await request.formData()).get('name')
  if (typeof name !== 'string' || name === '') error(400, 'Say who you are.')
  await session.regenerate({ destroy: true })
  session.setUserId(name)
  session.set('name', name)
  session.flash('status', `Welcome, ${name}.`)
  redirect(303, '/')
}
