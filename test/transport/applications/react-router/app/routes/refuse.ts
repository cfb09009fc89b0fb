import { sessionContext } from '../../../../../../src/adapters/react-router.ts'
import { data } from 'react-router'
import type { LoaderFunctionArgs } from 'react-router'
import { theHouse } from '../../../the-house.ts'

export async function loader({ context }: LoaderFunctionArgs): Promise<never> {
  const house = theHouse()
  await house.count(context.get(sessionContext(house.sessions)))
  throw data('not here', { status: 404 })
}
