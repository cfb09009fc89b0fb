/** When a session was made and used. Unix milliseconds. */
export interface SessionTimes {
  readonly createdAt: number
  readonly authenticatedAt: number | undefined
  readonly lastActivity: number
}

/** How long a session lives without use, and at all. Milliseconds. */
export interface Limits {
  readonly idleMs: number
  readonly absoluteMs: number | undefined
}

/**
 * Whether a session has ended by the limits of today. The store ends it by those that were in force when it was written: where they were
 * made shorter since, that counts for it too.
 *
 * @param now Unix milliseconds on the store's clock. A last use that lies after it counts as now.
 * @see OWASP ASVS 7.3.1, 7.3.2.
 */
export function hasEnded({ createdAt, authenticatedAt, lastActivity }: SessionTimes, { idleMs, absoluteMs }: Limits, now: number): boolean {
  if (now - lastActivity >= idleMs) return true
  return absoluteMs !== undefined && now - (authenticatedAt ?? createdAt) >= absoluteMs
}
