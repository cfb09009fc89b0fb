import { requireFresh } from '../../../../../../src/adapters/react-router.ts'

export const middleware = [requireFresh({ withinSeconds: 300 })]

export function loader(): Response {
  return new Response('fresh')
}
