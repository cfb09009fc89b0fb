import type { RequestEvent } from '@sveltejs/kit'
import { theHouse } from '../../../../the-house.ts'

export function GET({ locals }: RequestEvent): Response {
  return new Response(theHouse().both(locals.session, locals.staff))
}
