import { error, fail, redirect } from '@sveltejs/kit'
import type { ActionFailure, RequestEvent } from '@sveltejs/kit'
import { csrfToken, logoutAction } from '../../../../../../../src/adapters/sveltekit.ts'
import { theHouse } from '../../../../the-house.ts'

interface PageData {
  readonly count: string
  readonly token: string
  readonly late: Promise<string>
}

/** A page, part of which comes later where it does not answer a form. */
export async function load({ locals: { session }, request }: RequestEvent): Promise<PageData> {
  const house = theHouse()
  const parts = house.chunks(session)
  await parts.next()
  const late = request.method === 'GET' ? parts.next().then(({ value }) => value ?? '') : Promise.resolve('')
  return { count: house.peek(session), token: csrfToken(session), late }
}

export const actions = {
  save: ({ locals }: RequestEvent): Promise<string> => theHouse().count(locals.session),
  async refuse({ locals }: RequestEvent): Promise<ActionFailure> {
    await theHouse().count(locals.session)
    return fail(422)
  },
  async forbid({ locals }: RequestEvent): Promise<never> {
    await theHouse().count(locals.session)
    error(410, 'gone')
  },
  async lead({ locals }: RequestEvent): Promise<never> {
    await theHouse().count(locals.session)
    redirect(303, '/home')
  },
  break: ({ locals }: RequestEvent): never => theHouse().fail(locals.session),
  logout: logoutAction({ clearSiteData: ['storage'], after: () => redirect(303, '/home') }),
}
