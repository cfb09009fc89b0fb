import type { RequestEvent } from '@sveltejs/kit'
import { theHouse } from '../../../../the-house.ts'

/** SvelteKit itself answers 304 where the browser has what the `etag` says. */
export async function GET({ locals, setHeaders }: RequestEvent): Promise<Response> {
  await theHouse().count(locals.session)
  setHeaders({ etag: '"same"' })
  return new Response('same')
}
