import { isSkipped, markSkipped } from '../node/hold-state.ts'
import type { NodeRequest } from '../node/response.ts'

/** What Passport answers by, beside `next`: as much of an Express response as it uses. */
export interface ConnectAnswer {
  statusCode: number
  setHeader(name: string, value: string | readonly string[]): unknown
  redirect(url: string): unknown
  end(body?: unknown): unknown
}

/** Middleware of connect and Express, such as `passport.authenticate('local')` gives. */
export type ConnectMiddleware = (request: NodeRequest, response: ConnectAnswer, next: (error?: unknown) => void) => unknown

/** A request of Node, and what frameworks keep elsewhere than there. */
export interface ParsedRequest {
  readonly request: NodeRequest
  readonly response: object
  readonly body: unknown
  readonly query: unknown
}

/**
 * Runs middleware of connect on a request of Node. Resolves with whether it goes on; otherwise it has answered.
 * @param answer Makes what it answers by; the callback is called when it has.
 */
export function runConnect(
  middleware: ConnectMiddleware,
  { request, response, ...parsed }: ParsedRequest,
  answer: (ended: () => void) => ConnectAnswer,
): Promise<boolean> {
  for (const [name, value] of Object.entries(parsed)) if (value !== undefined) Reflect.set(request, name, value)
  return new Promise((resolve, reject) => {
    const answers = answer(() => resolve(false))
    if (isSkipped(response)) markSkipped(answers)
    const next = (error?: unknown): void => {
      if (error === undefined || error === null) resolve(true)
      else reject(error instanceof Error ? error : new Error('Passport gave an error.', { cause: error }))
    }
    const result = middleware(request, answers, next)
    if (result instanceof Promise) result.catch(reject)
  })
}
