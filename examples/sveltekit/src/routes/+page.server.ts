import type { RequestEvent } from '@sveltejs/kit'
import { csrfToken } from 'holdfast/sveltekit'

interface Home {
  readonly visits: number
  readonly name: string | undefined
  readonly status: unknown
  readonly token: string
}

export function load({ locals: { session } }: RequestEvent): Home {
  return {
    visits: session.increment('visits'),
    name: session.get('name'),
    status: session.getFlash('status'),
    token: csrfToken(session),
  }
}
