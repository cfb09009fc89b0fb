/**
 * What a check found. `good`: nothing to do. `warning`: it works, and should not stay so. `fault`: mend it before this is deployed. `unknown`: it could not be
 * looked at.
 */
export interface Finding {
  readonly check: string
  readonly level: 'good' | 'warning' | 'fault' | 'unknown'
  readonly message: string
  /** What to do about it. */
  readonly cure?: string
}

export function good(check: string, message: string): Finding {
  return { check, level: 'good', message }
}

export function warning(check: string, message: string, cure: string): Finding {
  return { check, level: 'warning', message, cure }
}

export function fault(check: string, message: string, cure: string): Finding {
  return { check, level: 'fault', message, cure }
}

export function unknown(check: string, message: string): Finding {
  return { check, level: 'unknown', message }
}
