import { sessionContext } from '../../../../../../src/adapters/react-router.ts'
import type { LoaderFunctionArgs } from 'react-router'
import { theHouse } from '../../../the-house.ts'

export async function loader({ context }: LoaderFunctionArgs): Promise<Response> {
  const house = theHouse()
  const response = new Response(await house.count(context.get(sessionContext(house.sessions))))
  response.headers.append('set-cookie', 'a=1')
  response.headers.append('set-cookie', 'b=2')
  return response
}
