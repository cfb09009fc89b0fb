import type { RequestEvent } from '@sveltejs/kit'
import { theHouse } from '../../../the-house.ts'

/** Answers a text, and nothing else: one of `House.texts`. */
export async function text({ url, locals }: RequestEvent): Promise<Response> {
  const route = theHouse().texts.find(({ path }) => path === url.pathname)
  return new Response(await route?.answer(locals.session), { status: route?.status ?? 404 })
}
