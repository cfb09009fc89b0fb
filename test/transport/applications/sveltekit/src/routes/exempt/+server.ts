import type { RequestEvent } from '@sveltejs/kit'

export function GET({ locals }: { readonly locals: Partial<RequestEvent['locals']> }): Response {
  return new Response(locals.session === undefined ? 'none' : 'some')
}
