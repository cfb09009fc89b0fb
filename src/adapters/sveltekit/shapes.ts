import type { RequestEvent } from '@sveltejs/kit'
import type { SessionError } from '../../session/errors.ts'
import { isBuilding } from '../building.ts'

/** A `Handle` of SvelteKit, as `hooks.server.ts` exports one and `sequence` joins several. */
export type Handle = (input: {
  readonly event: RequestEvent
  readonly resolve: (event: RequestEvent) => Response | Promise<Response>
}) => Promise<Response>

/** Answers an error of a session. */
export type OnError = (error: SessionError, event: RequestEvent) => Response | Promise<Response>

/** The address of the page that a request is about, where SvelteKit has found it out by itself, and not been told by the browser. */
export function urlOf(event: RequestEvent): URL {
  return event.isRemoteRequest ? new URL(event.request.url) : event.url
}

/** The client's address, where the adapter knows it. */
export function addressOf(event: RequestEvent): string | undefined {
  try {
    return event.getClientAddress()
  } catch {
    return undefined
  }
}

/** Whether SvelteKit builds the application, and makes pages once for everybody. */
export function isPrerendering(): boolean {
  return isBuilding('SVELTEKIT_FORK', 'true')
}
