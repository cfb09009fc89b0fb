/** Where a request came from. */
export interface Place {
  readonly ipAddress: string | undefined
  readonly userAgent: string | undefined
}

export const NOWHERE: Place = { ipAddress: undefined, userAgent: undefined }

/** What stored metadata says of where a session was used from. */
export function placeIn(metadata: Record<string, unknown>): Place {
  const [ipAddress, userAgent] = [textIn(metadata, 'ip_address'), textIn(metadata, 'user_agent')]
  return ipAddress === undefined && userAgent === undefined ? NOWHERE : { ipAddress, userAgent }
}

/** What stands there, if it is a text. */
export function textIn(metadata: Record<string, unknown>, key: string): string | undefined {
  const value = metadata[key]
  return typeof value === 'string' ? value : undefined
}
