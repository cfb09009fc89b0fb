import { sessionContext } from '../../../../../../src/adapters/react-router.ts'
import type { LoaderFunctionArgs } from 'react-router'
import { streamOf } from '../../../../stream-of.ts'
import { theHouse } from '../../../the-house.ts'

export async function loader({ context }: LoaderFunctionArgs): Promise<Response> {
  const house = theHouse()
  const visitor = context.get(sessionContext(house.sessions))
  await house.count(visitor)
  return new Response(streamOf(house.chunks(visitor)))
}
