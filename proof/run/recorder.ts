import type { Answer, Deed, Ending, LastCookie, Operation } from '../history/event.ts'
import { type Reply, ask } from './client.ts'
import { monotonicMs } from './clock.ts'
import type { Host } from './host.ts'
import type { Jar } from './jar.ts'
import { type Concurrency, idName } from './talk.ts'

/** A request that is to be sent and entered into the history. */
export interface Sending {
  readonly host: Host
  readonly jar: Jar
  readonly session: string
  readonly browser: string
  readonly deed: Deed
  readonly concurrency: Concurrency
  readonly workMs: number
  /** The id that it comes by. */
  readonly id: string | undefined
  readonly isInvented?: boolean
}

/** Sends requests, and enters each with what came of it. */
export class Recorder {
  readonly history: Operation[] = []
  #names = 0

  /** What came of it; `undefined` when it could not even be sent, and then it is not entered. */
  async send(sending: Sending): Promise<Operation | undefined> {
    const { host, jar, session, browser, deed, concurrency, workMs, id, isInvented } = sending
    const { logins } = jar
    const invokedAt = monotonicMs()
    const reply = await ask(host, { deed, mark: session, concurrency, workMs }, id)
    if (reply.kind === 'unsent') return undefined
    const request = {
      name: `r${(this.#names += 1)}`,
      process: browser,
      session,
      ...(id === undefined ? {} : { cameBy: idName(id) }),
      ...(isInvented === true ? { isInvented } : {}),
      concurrency,
      invokedAt,
    }
    const operation: Operation = { ...request, ...deed, ...endingOf(reply) }
    this.history.push(operation)
    if (reply.kind === 'done') jar.take(reply.cookie, logins, deed.kind === 'regenerate' && deed.endsOld && reply.done.saw !== 'new')
    return operation
  }

  /** Looks by the cookie that a browser has in the end. */
  async look(sending: Sending): Promise<LastCookie | undefined> {
    const { jar, browser, session } = sending
    const { id } = jar
    const operation = await this.send(sending)
    if (id === undefined) return undefined
    return { process: browser, session, id: idName(id), found: operation?.outcome === 'ok' ? operation.answer.saw : 'unanswered' }
  }
}

function endingOf(reply: Exclude<Reply, { kind: 'unsent' }>): Ending {
  switch (reply.kind) {
    case 'done':
      return { outcome: 'ok', endedAt: monotonicMs(), answer: answerOf(reply) }
    case 'refused':
      return reply.refused.isCertain ? { outcome: 'fail', endedAt: monotonicMs() } : { outcome: 'unknown', endedAt: monotonicMs() }
    default:
      return { outcome: 'unknown' }
  }
}

function answerOf({ done, cookie }: Extract<Reply, { kind: 'done' }>): Answer {
  const { saw, servedUnder, held } = done
  return {
    saw,
    ...(servedUnder === undefined ? {} : { servedUnder }),
    ...(cookie === undefined ? {} : { cookie: cookie === 'removed' ? cookie : { given: idName(cookie.given) } }),
    held,
  }
}
