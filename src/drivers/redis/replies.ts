import { SessionError } from '../../session/errors.ts'

/** What a script answered. */
export interface Reply {
  readonly answer: number
  /** The numbers and bytes that follow, read one by one. */
  readonly number: (index: number) => number
  readonly bytes: (index: number) => Buffer
}

/** @throws {SessionError} `ERR_SESSION_DRIVER_FAILED` when it is nothing that a script of the driver answers. */
export function replyOf(reply: unknown): Reply {
  const parts: readonly unknown[] = Array.isArray(reply) ? reply : [undefined]
  return {
    answer: numberIn(parts[0]),
    number: (index) => numberIn(parts[index]),
    bytes: (index) => bytesIn(parts[index]),
  }
}

/** A list of texts, as SCAN and a script answer it, some clients with bytes. */
export function textsIn(reply: unknown): string[] {
  return Array.isArray(reply) ? reply.map(textIn) : unexpected()
}

export function textIn(reply: unknown): string {
  if (typeof reply === 'string') return reply
  return Buffer.isBuffer(reply) ? reply.toString() : unexpected()
}

function numberIn(part: unknown): number {
  return typeof part === 'number' ? part : unexpected()
}

function bytesIn(part: unknown): Buffer {
  return Buffer.isBuffer(part) ? part : unexpected()
}

function unexpected(): never {
  throw SessionError.driverFailed(
    'reply',
    'Redis gave an answer that the driver did not ask for. Is a proxy in between that changes replies?',
  )
}
