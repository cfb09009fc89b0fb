/** Where a request came from. */
export interface Place {
  readonly ipAddress: string | undefined
  readonly userAgent: string | undefined
}

export const NOWHERE: Place = { ipAddress: undefined, userAgent: undefined }

/** What stored metadata says of where a session was used from. */
export function placeIn(metadata: Record<string, unknown>): Place {
  const { ip_address: ipAddress, user_agent: userAgent } = metadata
  if (typeof ipAddress !== 'string' && typeof userAgent !== 'string') return NOWHERE
  return {
    ipAddress: typeof ipAddress === 'string' ? ipAddress : undefined,
    userAgent: typeof userAgent === 'string' ? userAgent : undefined,
  }
}

/** What was seen now, else what is stored. That has its form already: nearly always it is what was seen, which then need not be looked at. */
export function newest(
  seen: string | undefined,
  stored: string | undefined,
  inForm: (text: string) => string | undefined,
): string | undefined {
  return seen === undefined || seen === stored ? stored : inForm(seen)
}
