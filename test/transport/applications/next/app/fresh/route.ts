import { requireFresh } from '../../../../../../src/adapters/next.ts'
import { served } from '../../application.ts'

export const GET = served(requireFresh({ withinSeconds: 300 })(() => new Response('fresh')))
