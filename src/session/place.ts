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
