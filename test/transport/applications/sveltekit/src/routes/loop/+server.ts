import type { RequestEvent } from '@sveltejs/kit'
import { theHouse } from '../../../../the-house.ts'

export async function GET({ locals, request }: RequestEvent): Promise<Response> {
  return new Response(await theHouse().loop(locals.session, request.headers.get('cookie') ?? undefined))
}
