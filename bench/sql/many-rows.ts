export type ManyKind = 'postgres' | 'mariadb'

export interface ManyTable {
  readonly kind: ManyKind
  readonly url: string
  readonly table: string
}

export interface ManySlice extends ManyTable {
  /** How many live there. */
  readonly sessions: number
  readonly turns: number
  /** Under way at a time. */
  readonly lanes: number
  readonly seed: number
}

export interface ManyTurns {
  /** Of each turn, in milliseconds. */
  readonly waits: readonly number[]
}

// What the process answers that uses tables, as types that `Protocol` takes.
export type ManyRowsProtocol = {
  /** Takes sessions at random and gives each back. */
  readonly slice: { readonly ask: ManySlice; readonly answer: ManyTurns }
  readonly cpuMicros: { readonly ask: undefined; readonly answer: number }
}
