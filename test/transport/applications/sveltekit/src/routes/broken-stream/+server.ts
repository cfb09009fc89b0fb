import type { RequestEvent } from '@sveltejs/kit'
import { streamOf } from '../../../../../stream-of.ts'
import { theHouse } from '../../../../the-house.ts'

export async function GET({ locals }: RequestEvent): Promise<Response> {
  const house = theHouse()
  await house.count(locals.session)
  return new Response(streamOf(house.brokenChunks()))
}
