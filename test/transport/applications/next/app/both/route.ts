import { theHouse } from '../../../the-house.ts'
import { served } from '../../application.ts'

export const GET = served((_, context) => new Response(theHouse().both(context.session, context.staff)))
