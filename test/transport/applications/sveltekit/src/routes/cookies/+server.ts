import type { RequestEvent } from '@sveltejs/kit'
import { theHouse } from '../../../../the-house.ts'

export async function GET({ locals, cookies }: RequestEvent): Promise<Response> {
  cookies.set('a', '1', { path: '/' })
  cookies.set('b', '2', { path: '/' })
  return new Response(await theHouse().count(locals.session))
}
