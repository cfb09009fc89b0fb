import { SpanKind, SpanStatusCode, context, trace } from '@opentelemetry/api'
import type { Attributes } from '@opentelemetry/api'
import type { ListingDriver, LockingDriver, RewritingDriver, SessionDriver } from '../contracts/driver.ts'
import type { SurveyingDriver } from '../contracts/surveying-driver.ts'
import { isSessionError } from '../session/errors.ts'
import { isObject } from '../session/plain.ts'
import { Telemetry } from './telemetry.ts'
import type { TelemetryOptions } from './telemetry.ts'

/** How the steps of a driver are shown. */
export interface TracedDriverOptions extends TelemetryOptions {
  /**
   * `db.system.name` of spans and metrics, such as `postgresql` or `mariadb`, which `DatabaseDriver` does not say of itself.
   * Default: the driver's name, and `other_sql` for `database`.
   */
  readonly system?: string | undefined
}

type Step = Exclude<keyof (LockingDriver & ListingDriver & RewritingDriver & SurveyingDriver), 'name' | 'expiresByItself' | 'boundsAnswers'>

/** Every step that asks the store, and what an answer without a `kind` of its own means. */
const STEPS: Readonly<Record<Step, Readonly<Record<string, string>>>> = {
  open: {},
  close: {},
  read: { undefined: 'absent' },
  insert: { undefined: 'taken' },
  update: {},
  touch: {},
  destroy: {},
  gc: {},
  acquire: {},
  commit: {},
  replace: {},
  renew: { false: 'lost' },
  unlock: { false: 'not-held' },
  list: {},
  revokeUser: {},
  rewrite: {},
  survey: {},
}

/** Done from timers of all requests, which were started in the midst of one of them: that one's span is no parent. */
const NOBODYS: ReadonlySet<string> = new Set(['renew', 'gc'])

const CONFLICTS: ReadonlySet<string> = new Set(['busy', 'conflict', 'lost'])

/**
 * The same driver, each of whose steps is a client span and a measured latency. It has all abilities of the driver, and is a driver of the same
 * class; its answers and errors are the driver's own.
 *
 * Spans are called `acquire session`, `commit session` and so on, with `db.system.name`, `db.operation.name`, `holdfast.store.outcome` and, where
 * the store failed, `error.type`: the error's code, else its name. Metrics: `holdfast.session.store.duration` in seconds, and
 * `holdfast.session.store.conflicts`, the answers `busy`, `conflict` and `lost`. Only spans have the key, and only where it is a hash. No message of
 * an error is shown.
 *
 * @throws {SessionError} `ERR_SESSION_CONFIG` for an option that is unknown.
 * @see OpenTelemetry Semantic Conventions, "Database client spans".
 */
export function tracedDriver<Driver extends SessionDriver>(driver: Driver, options: TracedDriverOptions = {}): Driver {
  const { system = driver.name === 'database' ? 'other_sql' : driver.name } = options
  const tracer = new StepTracer(new Telemetry(options, 'system'), system)
  const methods = new Map<PropertyKey, { readonly method: unknown; readonly stand: unknown }>()

  const standIn = (property: PropertyKey, method: (...args: unknown[]) => unknown): unknown =>
    typeof property === 'string' && isStep(property)
      ? (...args: unknown[]) =>
          tracer.trace(property, property === 'revokeUser' ? undefined : args[0], () => Reflect.apply(method, driver, args))
      : method.bind(driver)

  const get = (_: Driver, property: PropertyKey): unknown => {
    const method: unknown = Reflect.get(driver, property)
    if (!isMethod(method) || property === 'constructor') return method
    const known = methods.get(property)
    if (known?.method === method) return known.stand
    const stand = standIn(property, method)
    methods.set(property, { method, stand })
    return stand
  }

  // It stands before an heir of the driver, since a proxy may not change what the methods of a frozen object are.
  const heir: Driver = Object.create(driver)
  return new Proxy(heir, { get, set: (_, property, value) => Reflect.set(driver, property, value) })
}

/** Makes a span and its metrics around each step. */
class StepTracer {
  readonly #telemetry: Telemetry
  readonly #system: string
  readonly #durations: ReturnType<Telemetry['durations']>
  readonly #conflicts: ReturnType<Telemetry['meter']['createCounter']>

  constructor(telemetry: Telemetry, system: string) {
    this.#telemetry = telemetry
    this.#system = system
    this.#durations = telemetry.durations('holdfast.session.store.duration', 'How long the store took to answer a step of the driver.')
    const description = 'Steps that another request was in the way of: it held the lock, had written, or had taken the lease.'
    this.#conflicts = telemetry.meter.createCounter('holdfast.session.store.conflicts', { unit: '{conflict}', description })
  }

  trace(step: Step, about: unknown, ask: () => unknown): Promise<unknown> {
    const of = { 'db.system.name': this.#system, 'db.operation.name': step }
    const startTime = performance.now()
    const span = this.#telemetry.tracer.startSpan(`${step} session`, {
      kind: SpanKind.CLIENT,
      startTime,
      root: NOBODYS.has(step),
      attributes: { ...of, ...keyed(about) },
    })
    const end = (outcome: string, failure?: string): void => {
      const result: Attributes = { 'holdfast.store.outcome': outcome, ...(failure !== undefined && { 'error.type': failure }) }
      const now = performance.now()
      this.#durations.record((now - startTime) / 1000, { ...of, ...result })
      if (CONFLICTS.has(outcome)) this.#conflicts.add(1, { ...of, 'holdfast.store.outcome': outcome })
      span.setAttributes(result)
      if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure })
      span.end(now)
    }
    const failed = (error: unknown): void => end('failed', typeOf(error))
    try {
      // The driver's own promise, unless it gave something like one, of which `then` may be called only once.
      const answer = Promise.resolve(context.with(trace.setSpan(context.active(), span), ask))
      answer.then((value) => end(outcomeOf(step, value)), failed)
      return answer
    } catch (error) {
      failed(error)
      throw error
    }
  }
}

function isStep(name: string): name is Step {
  return Object.hasOwn(STEPS, name)
}

function isMethod(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === 'function'
}

function outcomeOf(step: Step, answer: unknown): string {
  if (isObject(answer) && 'kind' in answer && typeof answer.kind === 'string') return answer.kind
  return STEPS[step][String(isObject(answer) ? true : answer)] ?? 'done'
}

/** Not its message: those of stores and clients may hold what they were asked to write. */
function typeOf(error: unknown): string {
  if (isSessionError(error)) return error.code
  return error instanceof Error ? error.name : '_OTHER'
}

/** The key of a step, where it is a hash: with `hashIds: false` it is the secret itself. */
function keyed(about: unknown): Attributes {
  const key = isObject(about) && 'key' in about ? about.key : about
  return typeof key === 'string' && key.length === 64 ? { 'holdfast.session.key': key } : {}
}
