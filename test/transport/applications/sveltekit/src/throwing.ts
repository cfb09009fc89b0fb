import { error, redirect } from '@sveltejs/kit'
import type { Handle } from '@sveltejs/kit/hooks'
import { theHouse } from '../../the-house.ts'

/** Throws in a handle, before or behind what SvelteKit itself does: `/thrown/...`. */
export const throwing: Handle = async ({ event, resolve }) => {
  const way = /^\/thrown\/(\w+)$/.exec(event.url.pathname)?.[1]
  if (way === undefined) return resolve(event)
  await theHouse().count(event.locals.session)
  if (way === 'late') await resolve(event)
  if (way === 'refused') error(410, 'gone')
  if (way === 'unwell') error(503, 'unwell')
  if (way === 'broken') throw new Error('broken')
  if (way === 'returned') return new Response(null, { status: 303, headers: { location: '/home' } })
  redirect(way === 'moved' ? 308 : 303, '/home')
}
