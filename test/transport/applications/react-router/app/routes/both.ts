import { sessionContext } from '../../../../../../src/adapters/react-router.ts'
import type { LoaderFunctionArgs } from 'react-router'
import { theHouse } from '../../../the-house.ts'

export function loader({ context }: LoaderFunctionArgs): Response {
  const house = theHouse()
  if (house.staff === undefined) return new Response('no staff', { status: 404 })
  return new Response(house.both(context.get(sessionContext(house.sessions)), context.get(sessionContext(house.staff))))
}
