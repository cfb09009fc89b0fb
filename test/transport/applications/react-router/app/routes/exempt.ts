import { findSession } from '../../../../../../src/adapters/react-router.ts'
import type { LoaderFunctionArgs } from 'react-router'
import { theHouse } from '../../../the-house.ts'

export function loader({ context }: LoaderFunctionArgs): Response {
  return new Response(findSession(context, theHouse().sessions) === undefined ? 'none' : 'some')
}
