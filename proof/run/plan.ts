import { randomFrom } from '../../bench/file/support.ts'
import type { Deed } from '../history/event.ts'
import type { Concurrency } from './talk.ts'

/** Draws from a seed. */
export interface Random {
  /** From 0 up to 1, and not 1. */
  (): number
}

/** One request of a visitor, as it is planned. */
export interface PlannedRequest {
  readonly deed: Deed
  readonly concurrency: Concurrency
  readonly workMs: number
  readonly pauseMs: number
  /** By the cookie that it has now, by one that it had before, by an id that nobody gave out. */
  readonly by: 'cookie' | 'earlier id' | 'invented id'
  /** Which of the applications, from 0 up to 1. */
  readonly host: number
}

/** What a visitor does with one session, from its `create` on: several requests at a time, in so many rows. */
export interface VisitPlan {
  readonly rows: readonly (readonly PlannedRequest[])[]
}

export interface PlanOptions {
  /** How long a handler works at most, and how long a visitor waits between two requests. */
  readonly longestWorkMs: number
  readonly longestPauseMs: number
}

const ROWS = [1, 2, 2, 3] as const
const SHORTEST = 3
const LONGEST = 7

/** All that is random in a visit is drawn before it begins. */
export function drawVisit(random: Random, { longestWorkMs, longestPauseMs }: PlanOptions): VisitPlan {
  const below = (count: number): number => Math.floor(random() * count)
  const request = (deed: Deed): PlannedRequest => ({
    deed,
    concurrency: concurrencyFor(deed, random()),
    workMs: Math.round(random() < 0.5 ? 0 : random() * longestWorkMs),
    pauseMs: Math.round(random() * longestPauseMs),
    by: byOf(random()),
    host: random(),
  })
  const mayLogin = random() < 0.3
  const row = (): PlannedRequest[] =>
    Array.from({ length: SHORTEST + below(LONGEST - SHORTEST + 1) }, () => request(drawDeed(random, mayLogin)))
  const rows = Array.from({ length: ROWS[below(ROWS.length)] ?? 1 }, row)
  // A third ends with a logout, and with looks at whether it stays one.
  if (random() < 0.33) {
    // The first look takes no lock: who waits for that of the logout comes too late to see it undone.
    const looks: PlannedRequest[] = [{ ...request({ kind: 'read' }), concurrency: 'readonly', pauseMs: 0 }, request({ kind: 'increment' })]
    rows[0]?.push({ ...request({ kind: 'destroy' }), pauseMs: 0 }, ...looks)
  }
  return { rows }
}

function drawDeed(random: Random, mayLogin: boolean): Deed {
  const chance = random()
  if (chance < 0.3) return { kind: 'read' }
  if (chance < 0.6) return { kind: 'increment' }
  if (chance < 0.85) return { kind: 'write', argument: Math.floor(random() * 1_000_000) }
  return { kind: 'regenerate', endsOld: mayLogin && random() < 0.5 }
}

function concurrencyFor({ kind }: Deed, chance: number): Concurrency {
  if (kind === 'read' && chance < 0.3) return 'readonly'
  if ((kind === 'increment' || kind === 'write') && chance < 0.2) return 'merge'
  // Without the lock its id can change under a logout.
  if (kind === 'destroy' && chance < 0.5) return 'merge'
  return 'exclusive'
}

function byOf(chance: number): PlannedRequest['by'] {
  if (chance < 0.03) return 'invented id'
  return chance < 0.08 ? 'earlier id' : 'cookie'
}

/** A source of randomness of its own for each part of a run, so that no part's draws shift another's. */
export function randomOf(seed: number, ...parts: readonly number[]): Random {
  return randomFrom(parts.reduce((sum, part) => (Math.imul(sum, 0x9e_37_79_b1) ^ (part + 0x7f_4a_7c_15)) >>> 0, seed >>> 0))
}
