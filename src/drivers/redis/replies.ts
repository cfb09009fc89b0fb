import { SessionError } from '../../session/errors.ts'
import { ANSWERS } from './answers.ts'

/** What a script answered: a number that says what, and the numbers and bytes that follow. */
export class Reply {
  readonly answer: number
  readonly #parts: readonly unknown[]

  constructor(parts: readonly unknown[]) {
    const [answer] = parts
    this.answer = typeof answer === 'number' && ANSWERS.has(answer) ? answer : unexpected()
    this.#parts = parts
  }

  number(index: number): number {
    return numberIn(this.#parts[index])
  }

  bytes(index: number): Buffer {
    return bytesIn(this.#parts[index])
  }
}

/** @throws {SessionError} `ERR_SESSION_DRIVER_FAILED` when it is nothing that a script of the driver answers. */
export function replyOf(reply: unknown): Reply {
  return Array.isArray(reply) ? new Reply(reply) : unexpected()
}

/** A list of texts, as SCAN and a script answer it, some clients with bytes. */
export function textsIn(reply: unknown): string[] {
  return Array.isArray(reply) ? reply.map(textIn) : unexpected()
}

export function textIn(reply: unknown): string {
  if (typeof reply === 'string') return reply
  return Buffer.isBuffer(reply) ? reply.toString() : unexpected()
}

/** The cursor of a SCAN. It may be larger than any whole number that JavaScript knows, so it stays a text. */
export function cursorIn(reply: unknown): string {
  const text = textIn(reply)
  return /^\d+$/.test(text) ? text : unexpected()
}

/** A whole number that was written as text. */
export function digitsIn(text: string | undefined): number {
  const number = text !== undefined && /^\d+(?:\.\d+)?(?:e\+\d+)?$/.test(text) ? Number(text) : unexpected()
  return Number.isSafeInteger(number) ? number : unexpected()
}

function numberIn(part: unknown): number {
  return typeof part === 'number' && Number.isSafeInteger(part) ? part : unexpected()
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
