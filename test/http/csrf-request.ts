import type { CsrfDecision, CsrfGuard, CsrfRequest } from '../../src/http/csrf-guard.ts'

/** A session token in the form that sessions have. */
export const TOKEN = 'ab'.repeat(40)

/** A POST without any proof to https://shop.example, changed where a test says so. */
export function csrfRequest(
  changes: Partial<Omit<CsrfRequest, 'header' | 'bodyToken'>> & {
    readonly headers?: Readonly<Record<string, string | readonly string[]>>
    readonly field?: unknown
  } = {},
): CsrfRequest {
  const { headers = {}, field, ...rest } = changes
  return {
    method: 'POST',
    path: '/transfer',
    host: 'shop.example',
    isHttps: true,
    sessionToken: TOKEN,
    ...rest,
    header: (name) => headers[name],
    bodyToken: () => field,
  }
}

/** Decides a request whose body is parsed already. */
export function decide(guard: CsrfGuard, request: CsrfRequest): CsrfDecision {
  const decision = guard.check(request)
  if (decision instanceof Promise) throw new Error('a parsed body needs no promise')
  return decision
}
