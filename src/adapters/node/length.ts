import type { NodeResponse } from './response.ts'

export function codedError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}

/**
 * Refuses a body that is longer or shorter than its `Content-Length`, where the application asked Node for that. Node would find it
 * when the body goes out: too late to tell the caller, and after the session was stored.
 * @param bytes Of the body so far.
 */
export function checkContentLength(response: NodeResponse, bytes: number, isLast: boolean): void {
  if (response.strictContentLength !== true || !hasBody(response) || response.getHeader('Transfer-Encoding') !== undefined) return
  const header = response.getHeader('Content-Length')
  if (header === undefined) return
  const expected = Number(header)
  if (isLast ? bytes === expected : bytes <= expected) return
  throw codedError(
    'ERR_HTTP_CONTENT_LENGTH_MISMATCH',
    `Response body's content-length of ${bytes} byte(s) does not match the content-length of ${expected} byte(s) set in header`,
  )
}

function hasBody({ _hasBody, statusCode }: NodeResponse): boolean {
  return _hasBody !== false && statusCode >= 200 && statusCode !== 204 && statusCode !== 304
}
