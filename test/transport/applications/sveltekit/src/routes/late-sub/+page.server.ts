import type { RequestEvent } from '@sveltejs/kit'
import { theHouse } from '../../../../the-house.ts'

/** Asks the application itself when the page is on its way. */
export async function load({ locals: { session }, fetch }: RequestEvent): Promise<{ readonly late: Promise<string> }> {
  const house = theHouse()
  const first = await house.count(session)
  const parts = house.chunks(session)
  await parts.next()
  return { late: parts.next().then(async () => `${first} ${await (await fetch('/count')).text()}`) }
}
