import { redirect } from '@sveltejs/kit'
import type { RequestEvent } from '@sveltejs/kit'
import { theHouse } from '../../../../the-house.ts'

export async function POST({ locals }: RequestEvent): Promise<never> {
  await theHouse().login(locals.session)
  redirect(303, '/home')
}
