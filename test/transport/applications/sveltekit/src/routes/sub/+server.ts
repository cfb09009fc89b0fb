import type { RequestEvent } from '@sveltejs/kit'
import { theHouse } from '../../../../the-house.ts'

/** Asks the application itself, four times at once, between two counts of its own. */
export async function GET({ locals: { session }, fetch }: RequestEvent): Promise<Response> {
  const house = theHouse()
  const first = await house.count(session)
  await fetch('/save', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })
  const seen = await Promise.all(['/peek', '/peek', '/own'].map(async (path) => (await fetch(path)).text()))
  return new Response([first, ...seen, await house.count(session)].join(' '))
}
