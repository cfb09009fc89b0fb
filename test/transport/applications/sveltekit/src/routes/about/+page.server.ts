import type { RequestEvent } from '@sveltejs/kit'

export const prerender = true

/** Says what a page that is made once for everybody has of a session. */
export function load({ locals }: RequestEvent): { readonly said: string } {
  try {
    return { said: `a session: ${locals.session.id}` }
  } catch (error) {
    return { said: String(error) }
  }
}
