import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import type { ExponentialHistogram, Histogram, MetricData } from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { inspect } from 'node:util'
import { afterAll, beforeAll } from 'vitest'

/** What a metric has counted under some attributes. */
export interface Measured {
  readonly attributes: Readonly<Record<string, unknown>>
  readonly value: number | Histogram | ExponentialHistogram
}

/** Providers of the real SDK, which export into memory. */
export class Watchtower {
  readonly #spans = new InMemorySpanExporter()
  readonly #exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  readonly tracerProvider: TracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: this.#spans })] })
  readonly meterProvider: MeterProvider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter: this.#exporter, exportIntervalMillis: 3_600_000 })],
  })

  /** The spans that have ended. */
  get spans(): ReadableSpan[] {
    return this.#spans.getFinishedSpans()
  }

  named(name: string): ReadableSpan[] {
    return this.spans.filter((span) => span.name === name)
  }

  /** All metrics as they stand now. */
  async metrics(): Promise<MetricData[]> {
    await this.meterProvider.forceFlush()
    return (
      this.#exporter
        .getMetrics()
        .at(-1)
        ?.scopeMetrics.flatMap(({ metrics }) => metrics) ?? []
    )
  }

  async measured(name: string): Promise<Measured[]> {
    const metrics = await this.metrics()
    return metrics.filter(({ descriptor }) => descriptor.name === name).flatMap(({ dataPoints }): readonly Measured[] => dataPoints)
  }

  /** How often something was counted, or measured, under attributes that hold these. */
  async count(name: string, wanted: Readonly<Record<string, unknown>> = {}): Promise<number> {
    return (await this.measured(name))
      .filter(({ attributes }) => Object.entries(wanted).every(([key, value]) => attributes[key] === value))
      .reduce((sum, { value }) => sum + (typeof value === 'number' ? value : value.count), 0)
  }

  /** Everything that is exported, as text. */
  async text(): Promise<string> {
    const spans = this.spans.map(({ name, attributes, events, status, links }) => ({ name, attributes, events, status, links }))
    return inspect([spans, await this.metrics()], { depth: Infinity, maxArrayLength: Infinity, maxStringLength: Infinity })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tracerProvider.shutdown()
    await this.meterProvider.shutdown()
  }
}

/** Lets spans be active across `await`, as `@opentelemetry/sdk-node` does, in all tests of a file. */
export function withContext(): void {
  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  })
  afterAll(() => context.disable())
}

/** The id of the span that a span is under. */
export const parentOf = (span: ReadableSpan | undefined): string | undefined => span?.parentSpanContext?.spanId
