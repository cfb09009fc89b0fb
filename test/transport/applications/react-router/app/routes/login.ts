import { sessionContext } from '../../../../../../src/adapters/react-router.ts'
import { redirect } from 'react-router'
import type { ActionFunctionArgs } from 'react-router'
import { theHouse } from '../../../the-house.ts'

export async function action({ context }: ActionFunctionArgs): Promise<Response> {
  const house = theHouse()
  await house.login(context.get(sessionContext(house.sessions)))
  return redirect('/home')
}
