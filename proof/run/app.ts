import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { session } from '../../src/adapters/node.ts'
import type { SessionManager } from '../../src/manager/session-manager.ts'
import { isSessionError } from '../../src/session/errors.ts'
import type { Session } from '../../src/session/session.ts'
import type { Deed, Seen } from '../history/event.ts'
import { monotonicMs } from './clock.ts'
import { type Done, type Refused, askedBy, idName } from './talk.ts'

/** What every session of a proof holds. */
export interface Data {
  mark: string
  value: number
  counter: number
  twin: number
}

/** Errors that say that nothing of the request was stored. */
const CERTAIN: ReadonlySet<string> = new Set(['ERR_SESSION_LOCK_LOST', 'ERR_SESSION_GONE', 'ERR_SESSION_CONFLICT', 'ERR_SESSION_READONLY'])
/** What the message of ERR_SESSION_LOCK_LOST says when it does not know. */
const UNSURE = 'is not known'

/** The application of a proof: does one thing with the session, and tells what it found in it and how long it had it. */
export function proofApp(sessions: SessionManager<Data>): RequestListener {
  const entered = new WeakSet<object>()
  const withSession = session(sessions, {
    concurrency: ({ url }) => askedBy(url ?? '').concurrency,
    onError: (error, request, response) => {
      if (response.headersSent) return
      const { kind } = askedBy(request.url ?? '').deed
      answer(response, statusOf(error), refusal(error, kind, entered.has(request)))
    },
  })
  return (request, response) => {
    withSession(request, response, async () => {
      entered.add(request)
      answer(response, 200, await handle(request))
    })
  }
}

async function handle({ url, session: opened }: IncomingMessage): Promise<Done> {
  const enteredAt = monotonicMs()
  const { deed, mark, workMs } = askedBy(url ?? '')
  const saw = seenIn(opened)
  if (workMs > 0) await sleep(workMs)
  await act(opened, deed, mark, saw === 'new')
  return { saw, servedUnder: opened.id === '' ? undefined : idName(opened.id), held: { enteredAt, leftAt: monotonicMs() } }
}

async function act(opened: Session, deed: Deed, mark: string, isNew: boolean): Promise<void> {
  if (deed.kind === 'create') {
    opened.set('mark', mark)
    opened.set('counter', 0)
    opened.set('twin', 0)
  } else if (isNew) return
  else if (deed.kind === 'write') opened.set('value', deed.argument)
  else if (deed.kind === 'increment') {
    opened.increment('counter')
    opened.increment('twin')
  } else if (deed.kind === 'regenerate') await opened.regenerate({ destroy: deed.endsOld })
  else if (deed.kind === 'destroy') await opened.destroy()
}

/** What a session holds, as far as it is one of a proof. */
export function seenIn(holder: { get(key: string): unknown }): Seen | 'new' {
  const [mark, value, counter, twin] = ['mark', 'value', 'counter', 'twin'].map((key) => holder.get(key))
  if (typeof mark !== 'string') return 'new'
  return { mark, value: value === undefined ? undefined : Number(value), counter: Number(counter), twin: Number(twin) }
}

function refusal(error: unknown, kind: Deed['kind'], hasEntered: boolean): Refused {
  const code = isSessionError(error) ? error.code : String(error)
  // Before the handler nothing was written. What `destroy` does is done within the handler, and no error takes that back.
  const isCertain = !hasEntered || (kind !== 'destroy' && CERTAIN.has(code) && isSessionError(error) && !error.message.includes(UNSURE))
  return { code, isCertain }
}

function statusOf(error: unknown): number {
  return isSessionError(error) ? error.status : 500
}

function answer(response: ServerResponse | Http2ServerResponse, status: number, body: Done | Refused): void {
  const text = JSON.stringify(body)
  response.statusCode = status
  response.setHeader('content-type', 'application/json')
  response.setHeader('content-length', Buffer.byteLength(text))
  response.end(text)
}
