import type { LeaseEnd, Leftovers } from '../shared/place.ts'

/** Runs a statement past the driver. */
export type Ask = (sql: string, values?: readonly string[]) => Promise<readonly object[]>

export interface Clock {
  /** The server's now, in Unix milliseconds. */
  readonly now: string
  /** The first parameter of a statement. */
  readonly key: string
}

/** Longer than a session lives: 30 days. */
const FOR_EVER_MS = 31 * 24 * 3_600_000

/** Looks at the table of sessions. */
export function looksOver(
  ask: Ask,
  { now, key }: Clock,
): {
  readonly leftovers: () => Promise<Leftovers>
  readonly leaseOf: (key: string) => Promise<LeaseEnd>
} {
  const count = (condition: string): string => `COALESCE(SUM(CASE WHEN ${condition} THEN 1 ELSE 0 END), 0)`
  const ofAll = `SELECT COUNT(*) AS records, ${count(`lease_until_ms > ${now}`)} AS locks,
    ${count(`expires_ms IS NULL OR expires_ms > ${now} + ${FOR_EVER_MS} OR expiration * 1000 > ${now} + ${FOR_EVER_MS}`)} AS for_ever FROM sessions`
  const ofOne = `SELECT lease_until_ms AS ends_at, ${now} AS now FROM sessions WHERE session_id = ${key}`
  return {
    leftovers: async () => {
      const [row] = await ask(ofAll)
      return { records: numberIn(row, 'records'), locksLeft: numberIn(row, 'locks'), keysForEver: numberIn(row, 'for_ever') }
    },
    leaseOf: async (sessionKey) => {
      const [row] = await ask(ofOne, [sessionKey])
      return { endsAt: numberIn(row, 'ends_at'), now: numberIn(row, 'now') }
    },
  }
}

export function textIn(row: object | undefined, name: string): string {
  const value: unknown = row === undefined ? undefined : Reflect.get(row, name)
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') throw new TypeError(`the answer has no ${name}`)
  return String(value)
}

/** Clients give large numbers as texts. */
function numberIn(row: object | undefined, name: string): number {
  return Number(textIn(row, name))
}
