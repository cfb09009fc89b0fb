import { sessionContext } from '../../../../../../src/adapters/react-router.ts'
import type { LoaderFunctionArgs } from 'react-router'
import { theHouse } from '../../../the-house.ts'

export async function loader({ request, context }: LoaderFunctionArgs): Promise<Response> {
  const house = theHouse()
  const visitor = context.get(sessionContext(house.sessions))
  return new Response(await house.loop(visitor, request.headers.get('cookie') ?? undefined))
}
