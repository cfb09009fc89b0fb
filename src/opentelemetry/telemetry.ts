import { metrics, trace } from '@opentelemetry/api'
import type { Histogram, Meter, MeterProvider, Tracer, TracerProvider } from '@opentelemetry/api'
import { knownFields } from '../session/option-check.ts'

/** Where spans and metrics go. */
export interface TelemetryOptions {
  /** Default: the global one, whenever it is registered. */
  readonly tracerProvider?: TracerProvider | undefined
  /** Default: the global one, which must be registered by now: metrics that are asked for before it go nowhere. */
  readonly meterProvider?: MeterProvider | undefined
}

/** From a millisecond to ten seconds, as the semantic conventions have it for database calls. */
const BOUNDARIES_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]

/** What makes the spans and the metrics of this library. */
export class Telemetry {
  readonly tracer: Tracer
  readonly meter: Meter

  constructor(options: TelemetryOptions, ...more: readonly string[]) {
    knownFields('', options, ['tracerProvider', 'meterProvider', ...more])
    const { tracerProvider = trace, meterProvider = metrics } = options
    this.tracer = tracerProvider.getTracer('holdfast')
    this.meter = meterProvider.getMeter('holdfast')
  }

  /** A histogram of durations in seconds. */
  durations(name: string, description: string): Histogram {
    return this.meter.createHistogram(name, { unit: 's', description, advice: { explicitBucketBoundaries: BOUNDARIES_SECONDS } })
  }
}
