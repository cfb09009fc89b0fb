import { error } from '@sveltejs/kit'
import type { RequestEvent } from '@sveltejs/kit'
import { theHouse } from '../../../../the-house.ts'

export async function GET({ locals }: RequestEvent): Promise<never> {
  await theHouse().count(locals.session)
  error(404, 'not here')
}
