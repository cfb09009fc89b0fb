import { building } from '$app/env'
import { sequence } from '@sveltejs/kit/hooks'
import type { Handle } from '@sveltejs/kit/hooks'
import { csrf, ownPages, requireFresh, session } from '../../../../../src/adapters/sveltekit.ts'
import { MemoryDriver } from '../../../../../src/drivers/memory.ts'
import { SessionManager } from '../../../../../src/manager/session-manager.ts'
import { perHouse } from '../../the-house.ts'
import { throwing } from './throwing.ts'

const visitors = perHouse((house) => session(house.sessions, house.options))
const staff = perHouse((house) => house.staff && session(house.staff, { as: 'staff' }))
// There is no house yet when a page is made once for everybody.
const whileBuilding = session(new SessionManager({ driver: new MemoryDriver({ acknowledged: true }) }))

export const handle: Handle = sequence(
  (input) => (building ? whileBuilding : visitors())(input),
  (input) => (building ? undefined : staff())?.(input) ?? input.resolve(input.event),
  csrf(),
  requireFresh({ withinSeconds: 300, routes: ['/fresh', '/account'] }),
  ownPages({ routes: ['/own'] }),
  throwing,
)

/** Prints nothing: these errors are thrown on purpose. */
export function handleError(): { readonly message: string } {
  return { message: 'Broken' }
}
