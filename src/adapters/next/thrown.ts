import { isObject } from '../../session/plain.ts'

/** An answer that a handler chose by throwing: `redirect()`, `notFound()`, `forbidden()` and the like. */
export interface ChosenAnswer {
  readonly status: number
  readonly location: string | undefined
}

/** The answer that Next reads out of what was thrown; `undefined` for an error. */
export function chosenAnswer(thrown: unknown): ChosenAnswer | undefined {
  const digest = isObject(thrown) && 'digest' in thrown ? thrown.digest : undefined
  if (typeof digest !== 'string') return undefined
  const [kind, ...parts] = digest.split(';')
  if (kind === 'NEXT_HTTP_ERROR_FALLBACK') return answer(parts[0], undefined)
  // NEXT_REDIRECT;replace;/where?it=leads;307;
  return kind === 'NEXT_REDIRECT' ? answer(parts.at(-2), parts.slice(1, -2).join(';')) : undefined
}

function answer(statusText: string | undefined, location: string | undefined): ChosenAnswer | undefined {
  const status = Number(statusText)
  return status >= 300 && status < 500 ? { status, location } : undefined
}

/** The response of a route handler that threw one, or chose one by throwing. */
export function thrownResponse(thrown: unknown): Response | undefined {
  if (thrown instanceof Response) return thrown
  const chosen = chosenAnswer(thrown)
  if (chosen === undefined) return undefined
  const { status, location } = chosen
  return new Response(null, { status, ...(location !== undefined && { headers: { location } }) })
}
