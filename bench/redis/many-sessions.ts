/** `driver`: sessions by RedisDriver. `plain`: their payloads alone, under names of the same length, by GET and SET with an expiry. */
export type How = 'driver' | 'plain'

export interface ManyQuestion {
  readonly how: How
  readonly url: string
  readonly from: number
  readonly count: number
}

export interface ManyFilled {
  /** Of all payloads, in UTF-8. */
  readonly payloadBytes: number
}

export interface ManySlice {
  readonly how: How
  readonly url: string
  /** How many the server has. */
  readonly sessions: number
  readonly turns: number
  /** Under way at a time. */
  readonly lanes: number
  readonly seed: number
}

export interface ManyTurns {
  /** Commands that were answered. */
  readonly calls: number
}

// What the process answers that fills servers and uses them, as types that `Protocol` takes.
export type ManyProtocol = {
  readonly fill: { readonly ask: ManyQuestion; readonly answer: ManyFilled }
  /** Reads sessions at random, under their leases where there are any, and writes each back. */
  readonly slice: { readonly ask: ManySlice; readonly answer: ManyTurns }
  readonly cpuMicros: { readonly ask: undefined; readonly answer: number }
}
