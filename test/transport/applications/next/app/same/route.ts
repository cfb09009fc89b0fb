import { theHouse } from '../../../the-house.ts'
import { served } from '../../application.ts'

export const GET = served(async (request, context) => {
  await theHouse().count(context.session)
  const isKnown = request.headers.get('if-none-match') === '"same"'
  return new Response(isKnown ? null : 'same', { status: isKnown ? 304 : 200, headers: { etag: '"same"' } })
})
