import { theHouse } from '../../../the-house.ts'
import { served } from '../../application.ts'

export const GET = served(
  async (request, context) => new Response(await theHouse().loop(context.session, request.headers.get('cookie') ?? undefined)),
)
