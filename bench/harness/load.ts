/**
 * What the answers of a path must say. `next`: one more than the last of that session. `same`: as much as the last. `none`: any, since there is no
 * session. `anonymous`: 0, asked without a cookie.
 */
export type Expected = 'next' | 'same' | 'none' | 'anonymous'

export interface SliceQuestion {
  readonly port: number
  readonly path: string
  readonly expected: Expected
  readonly connections: number
  /** It ends at whichever comes first. */
  readonly atMost: { readonly seconds: number; readonly requests: number }
  /** Lets its CPU to others while it waits for answers. */
  readonly sleeps?: boolean
}

export interface SliceAnswer {
  readonly requests: number
  /** Answers that were not 200, or did not say what they must. */
  readonly wrong: number
  /** Answers that set a cookie. */
  readonly cookies: number
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
}

// What the load process answers, as types that `Protocol` takes.
export type LoadProtocol = {
  /** Makes sessions on a server by `GET /new`, for the slices to come. Answers how many. */
  readonly fill: { readonly ask: { readonly port: number; readonly sessions: number }; readonly answer: number }
  readonly slice: { readonly ask: SliceQuestion; readonly answer: SliceAnswer }
  readonly cpuMicros: { readonly ask: undefined; readonly answer: number }
}
