import { textIn } from './shapes.ts'

const CONNECT_ONLY = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME'])
const CONNECT_CALLS = new Set(['connect', 'getaddrinfo'])

/** Whether a system's error says that a connection was not made, so that nothing can have been sent. */
export function isConnectError(error: unknown): boolean {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every((one: unknown) => isConnectError(one))
  return CONNECT_ONLY.has(textIn(error, 'code') ?? '') || CONNECT_CALLS.has(textIn(error, 'syscall') ?? '')
}

/** What an error says. One for each of several addresses has no words of its own. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return 'The client rejected with what is no error.'
  if (error.message !== '') return error.message
  return error instanceof AggregateError && error.errors.length > 0 ? wordsOf(error.errors[0]) : error.constructor.name
}
