import { csrfField, csrfToken } from '../../http/csrf-words.ts'
import type { HelpfulSession } from './hold-state.ts'
import type { NodeResponse } from './response.ts'

/** What templates can call. Nothing is made, and no token, before they do. */
export interface SessionLocals {
  csrfToken: () => string
  csrfField: (fieldName?: string) => string
  flash: (key: string, fallback?: unknown) => unknown
}

/** Gives templates their helpers, where the framework has a place for them. */
export function addLocals(
  response: NodeResponse & { readonly locals?: Partial<SessionLocals> },
  session: HelpfulSession,
  field?: string,
): void {
  const { locals } = response
  if (typeof locals !== 'object' || locals === null) return
  locals.csrfToken = () => csrfToken(session)
  locals.csrfField = (fieldName = field) => csrfField(session, fieldName)
  locals.flash = (key, fallback) => session.getFlash(key, fallback)
}
