import { HTTPError, defineHandler, redirect } from 'h3'

export default defineHandler(async ({ req, context: { session } }) => {
  const name = (await req.formData()).get('name')
  if (typeof name !== 'string' || name === '') throw new HTTPError({ status: 400, message: 'Say who you are.' })
  await session.regenerate({ destroy: true })
  session.setUserId(name)
  session.set('name', name)
  session.flash('status', `Welcome, ${name}.`)
  return redirect('/', 303)
})
