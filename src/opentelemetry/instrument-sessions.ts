import { trace } from '@opentelemetry/api'
import type { Attributes } from '@opentelemetry/api'
import type { SessionEventKind, SessionEvents } from '../contracts/events.ts'
import type { SessionManager } from '../manager/session-manager.ts'
import { Telemetry } from './telemetry.ts'
import type { TelemetryOptions } from './telemetry.ts'

/** What is asked of a manager: what it tells, and its name. */
export type InstrumentedSessions = Pick<SessionManager, 'name' | 'on'>

const REFUSED = 'holdfast.session.refused'

/**
 * Makes spans and metrics of what a manager tells: how long requests wait for their session and how long they hold it, what becomes of sessions, and
 * what is refused. It stands on `sessions.on` alone, and gives what stops it.
 *
 * Spans, under the request's own: `session start` from asking for a stored session to having it, `session hold` while its lock was held. A refusal is an
 * event of the request's span. Metrics: `holdfast.session.lock.wait`, `holdfast.session.lock.hold`, `holdfast.session.events`,
 * `holdfast.session.refusals`. No id, token, user or data is in any of it; only spans have the key, a hash.
 *
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown.
 * @see OpenTelemetry Semantic Conventions, "Naming".
 */
export function instrumentSessions(sessions: InstrumentedSessions, options: TelemetryOptions = {}): () => void {
  const telemetry = new Telemetry(options)
  const { meter, tracer } = telemetry
  const of = { 'holdfast.session.name': sessions.name }
  const wait = telemetry.durations(
    'holdfast.session.lock.wait',
    'From asking for a session until its lock was had, the answer of the store included.',
  )
  const hold = telemetry.durations('holdfast.session.lock.hold', 'How long the lock of a session was held.')
  const events = meter.createCounter('holdfast.session.events', { unit: '{event}', description: 'What became of sessions.' })
  const refusals = meter.createCounter('holdfast.session.refusals', { unit: '{refusal}', description: 'What requests were refused.' })

  /** A span of the last `ms` milliseconds. */
  const span = (name: string, ms: number, attributes: Attributes, root = false): void => {
    const now = performance.now()
    tracer.startSpan(name, { startTime: now - ms, attributes, root }).end(now)
  }

  const started = ({ key, mode, waitedMs }: SessionEvents['started']): void => {
    const attributes = { ...of, 'holdfast.session.mode': mode }
    if (mode === 'exclusive') wait.record(waitedMs / 1000, attributes)
    span('session start', waitedMs, { ...attributes, ...keyed(key) })
  }

  const released = ({ key, heldMs, lost }: SessionEvents['released']): void => {
    const attributes = { ...of, ...(lost !== undefined && { 'holdfast.session.lost': lost }) }
    hold.record(heldMs / 1000, attributes)
    // A lock is lost by a timer of all requests, which was started in the midst of one of them: that one's span is no parent.
    span('session hold', heldMs, { ...attributes, ...keyed(key) }, lost !== undefined)
  }

  const refused = ({ key, reason }: SessionEvents['refused']): void => {
    const attributes = { ...of, 'holdfast.session.reason': reason }
    refusals.add(1, attributes)
    trace.getActiveSpan()?.addEvent(REFUSED, { ...attributes, ...keyed(key) })
  }

  const count = <Kind extends SessionEventKind>(kind: Kind, more?: (event: SessionEvents[Kind]) => void): (() => void) =>
    sessions.on(kind, (event) => {
      events.add(1, { ...of, 'holdfast.session.event': kind })
      more?.(event)
    })
  const listening: Readonly<Record<SessionEventKind, () => void>> = {
    created: count('created'),
    started: count('started', started),
    committed: count('committed'),
    discarded: count('discarded'),
    regenerated: count('regenerated'),
    destroyed: count('destroyed'),
    released: count('released', released),
    expired: count('expired'),
    refused: count('refused', refused),
    trouble: count('trouble'),
    collected: count('collected'),
    revoked: count('revoked'),
    limit: count('limit'),
    resealed: count('resealed'),
  }
  return () => {
    for (const stop of Object.values(listening)) stop()
  }
}

const keyed = (key: string | undefined): Attributes => (key === undefined ? {} : { 'holdfast.session.key': key })
