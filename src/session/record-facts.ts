/** What the store says about a session beside its contents. Instants are Unix milliseconds. */
export interface RecordFacts {
  readonly createdAt: number
  readonly authenticatedAt: number | undefined
  readonly lastActivity: number
  readonly userId: string | undefined
  readonly ipAddress: string | undefined
  readonly userAgent: string | undefined
}
