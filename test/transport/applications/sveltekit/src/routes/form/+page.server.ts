import type { RequestEvent } from '@sveltejs/kit'
import { theHouse } from '../../../../the-house.ts'

export function load({ locals }: RequestEvent): { readonly form: string } {
  return { form: theHouse().form(locals.session) }
}
