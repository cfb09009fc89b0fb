import { sessionContext } from '../../../../../../src/adapters/react-router.ts'
import type { LoaderFunctionArgs } from 'react-router'
import { theHouse } from '../../../the-house.ts'

export async function loader({ request, context }: LoaderFunctionArgs): Promise<Response> {
  const house = theHouse()
  const { pathname } = new URL(request.url)
  const route = house.texts.find(({ path }) => path === pathname)
  return new Response(await route?.answer(context.get(sessionContext(house.sessions))), { status: route?.status ?? 404 })
}

export const action = loader
