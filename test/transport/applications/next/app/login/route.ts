import { theHouse } from '../../../the-house.ts'
import { served } from '../../application.ts'

export const POST = served(async (_, context) => {
  await theHouse().login(context.session)
  return new Response(null, { status: 303, headers: { location: '/home' } })
})
