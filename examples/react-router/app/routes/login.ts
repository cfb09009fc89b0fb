import { data, redirect } from 'react-router'
import type { ActionFunctionArgs } from 'react-router'
import { visitorContext } from '../sessions.server.ts'

export async function action({ request, context }: ActionFunctionArgs): Promise<Response> {
  const name = (await request.formData()).get('name')
  if (typeof name !== 'string' || name === '') throw data('Say who you are.', { status: 400 })
  const visitor = context.get(visitorContext)
  await visitor.regenerate({ destroy: true })
  visitor.setUserId(name)
  visitor.set('name', name)
  visitor.flash('status', `Welcome, ${name}.`)
  return redirect('/', 303)
}
