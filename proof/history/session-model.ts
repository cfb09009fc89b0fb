import type { Seen } from './event.ts'

/** What one session is, as it should be: all that the answers to its requests must fit. */
export interface SessionState {
  readonly life: 'before' | 'alive' | 'ended'
  readonly value: number | undefined
  readonly counter: number
}

export const BEFORE: SessionState = { life: 'before', value: undefined, counter: 0 }

/** What a step does. */
export type Effect =
  | { readonly kind: 'create' }
  | { readonly kind: 'increment' }
  | { readonly kind: 'write'; readonly value: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'none' }

/** A part of a request that happens at one moment. */
export interface Step {
  /** It happens at this time or later, */
  readonly from: number
  /** and before this time, */
  readonly to: number
  /** if it is certain; else it may happen at any time after `from`, or never. */
  readonly isCertain: boolean
  /** What it finds at that moment. `undefined`: it does not say. */
  readonly finds: Seen | 'new' | undefined
  readonly effect: Effect
}

/** The state after the step; `undefined` where the step could not have happened. */
export function after({ finds, effect }: Step, state: SessionState): SessionState | undefined {
  if (finds !== undefined && !isFound(finds, state)) return undefined
  const { life, counter } = state
  switch (effect.kind) {
    case 'none':
      return state
    case 'create':
      return life === 'before' ? { ...state, life: 'alive' } : undefined
    case 'end':
      return life === 'before' ? undefined : { ...state, life: 'ended' }
    case 'increment':
      return life === 'alive' ? { ...state, counter: counter + 1 } : undefined
    case 'write':
      return life === 'alive' ? { ...state, value: effect.value } : undefined
  }
}

function isFound(finds: Seen | 'new', { life, value, counter }: SessionState): boolean {
  if (finds === 'new') return life !== 'alive'
  return life === 'alive' && finds.value === value && finds.counter === counter
}
