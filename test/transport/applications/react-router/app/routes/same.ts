import { sessionContext } from '../../../../../../src/adapters/react-router.ts'
import type { LoaderFunctionArgs } from 'react-router'
import { theHouse } from '../../../the-house.ts'

export async function loader({ request, context }: LoaderFunctionArgs): Promise<Response> {
  const house = theHouse()
  await house.count(context.get(sessionContext(house.sessions)))
  const isSame = request.headers.get('if-none-match') === '"same"'
  return new Response(isSame ? null : 'same', { status: isSame ? 304 : 200, headers: { etag: '"same"' } })
}
