import { channel } from 'node:diagnostics_channel'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { constants } from 'node:os'
import { SessionError } from '../../session/errors.ts'
import { knownFields, numberOption } from '../../session/option-check.ts'
import { isObject } from '../../session/plain.ts'

/** How a process that is told to end comes to its end. */
export interface CloseOnSignalsOptions {
  /** Seconds that requests which are under way may take to end. Default: 10. */
  readonly waitSeconds?: number | undefined
  /** Which signals are meant. Default: `SIGTERM` and `SIGINT`. */
  readonly signals?: readonly NodeJS.Signals[] | undefined
}

/** What is closed: a `SessionManager`. */
export interface ClosableSessions {
  close(options?: { readonly waitSeconds?: number }): Promise<void>
}

const DEFAULT_SECONDS = 10
const LOOK_EVERY_MS = 10
/** What is written when all sessions are closed is on its way within this. */
const LAST_BYTES_MS = 500
/** `node --watch`, tsx and nodemon hand Ctrl-C on to a process that the terminal has told as well: what comes within this is the same signal again. */
const SAME_SIGNAL_MS = 1000

/**
 * Ends the process well when it gets SIGTERM or SIGINT: its HTTP servers take no more connections, requests that are under way are answered and their sessions
 * stored, locks that are still held are given back, and the process ends by the signal, as it would have without this. A second signal, a second later or more, ends
 * it at once.
 *
 * Call it before the first request: it knows the servers by the requests that they get. Where the application listens to the signal as well, ending the process is
 * left to it. Call it for each manager. The answer takes it back.
 *
 * @throws {SessionError} `ERR_SESSION_CONFIG`, naming the option, for one that is unknown or cannot work.
 */
export function closeOnSignals(sessions: ClosableSessions, options: CloseOnSignalsOptions = {}): () => void {
  knownFields('', options, ['waitSeconds', 'signals'])
  if (typeof sessions?.close !== 'function') throw SessionError.config('sessions', 'must be a SessionManager: await what makes it.')
  const waitMs = 1000 * numberOption('waitSeconds', options.waitSeconds, DEFAULT_SECONDS, 'at least', 0)
  const signals = checkedSignals(options.signals)
  const traffic = new Traffic()
  let closingSince: number | undefined
  const stop = (): void => {
    traffic.forget()
    ours.delete(onSignal)
    for (const signal of signals) process.off(signal, onSignal)
  }
  const onSignal = (signal: NodeJS.Signals): void => {
    const hasOthers = process.listeners(signal).some((one) => !ours.has(one))
    const end = (): void => {
      stop()
      if (!hasOthers) endBy(signal)
    }
    if (closingSince !== undefined) {
      if (performance.now() - closingSince >= SAME_SIGNAL_MS) end()
      return
    }
    closingSince = performance.now()
    void drained(sessions, traffic, waitMs).finally(end)
  }
  ours.add(onSignal)
  // Before the others: one that listens once is no longer counted when its own turn is over.
  for (const signal of signals) process.prependListener(signal, onSignal)
  return stop
}

function checkedSignals(signals: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT']): readonly NodeJS.Signals[] {
  if (Array.isArray(signals) && signals.length > 0 && signals.every(isHeard)) return signals
  throw SessionError.config('signals', "must be an array of signals that a process can listen to, such as ['SIGTERM'].")
}

// A misspelt one would never come, and of these two nobody is told.
function isHeard(signal: string): boolean {
  return Object.hasOwn(constants.signals, signal) && signal !== 'SIGKILL' && signal !== 'SIGSTOP'
}

// One for each call: an application may have several managers.
const ours = new Set<unknown>()

async function drained(sessions: ClosableSessions, traffic: Traffic, waitMs: number): Promise<void> {
  const deadline = performance.now() + waitMs
  traffic.closeServers()
  // Requests that have not come to their session yet need a manager that is open.
  await traffic.ended(deadline)
  await sessions.close({ waitSeconds: Math.max(0, deadline - performance.now()) / 1000 }).catch(() => undefined)
  await traffic.ended(performance.now() + LAST_BYTES_MS)
}

/** With nobody else who listens, a signal does what it does by itself. Of several managers the last one to be closed ends the process. */
function endBy(signal: NodeJS.Signals): void {
  if (!process.listeners(signal).some((one) => ours.has(one))) process.kill(process.pid, signal)
}

/** The servers of the process, and the requests that they have not answered yet, as Node tells of them. */
class Traffic {
  readonly #servers = new Set<Server>()
  readonly #open = new Set<ServerResponse>()
  #isClosing = false
  readonly #started = channel('http.server.request.start')

  constructor() {
    this.#started.subscribe(this.#onRequest)
  }

  readonly #onRequest = (message: unknown): void => {
    if (!isRequestStart(message)) return
    const { server, response } = message
    if (!this.#servers.has(server)) this.#know(server)
    this.#open.add(response)
    // A connection that stays open would bring requests that nobody answers any more.
    if (this.#isClosing && !response.headersSent) response.setHeader('Connection', 'close')
    response.once('close', () => this.#open.delete(response))
  }

  // Those that were closed go, and listen to nothing of ours: a process may make servers again and again, and calls us as often.
  #know(server: Server): void {
    for (const known of this.#servers) if (!known.listening) this.#servers.delete(known)
    this.#servers.add(server)
  }

  closeServers(): void {
    this.#isClosing = true
    for (const server of this.#servers) server.close()
    for (const response of this.#open) if (!response.headersSent) response.setHeader('Connection', 'close')
  }

  /** Waits until all requests are answered, but not longer than this. */
  async ended(deadline: number): Promise<void> {
    while (this.#open.size > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }

  forget(): void {
    this.#started.unsubscribe(this.#onRequest)
  }
}

interface RequestStart {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly server: Server
}

function isRequestStart(message: unknown): message is RequestStart {
  return isObject(message) && 'response' in message && 'server' in message && isObject(message.response) && isObject(message.server)
}
