import type { ListingDriver, LockingDriver, RewritingDriver, SessionDriver } from '../contracts/driver.ts'

/** Whether a driver keeps leases. */
export function isLocking(driver: SessionDriver): driver is LockingDriver {
  return has(driver, 'acquire')
}

/** Whether a driver can find sessions by their user. */
export function isListing(driver: SessionDriver): driver is ListingDriver {
  return has(driver, 'list') && has(driver, 'revokeUser')
}

/** Whether a driver can give records other texts. */
export function isRewriting(driver: SessionDriver): driver is RewritingDriver {
  return has(driver, 'rewrite')
}

function has(driver: SessionDriver, method: string): boolean {
  return typeof Reflect.get(driver, method) === 'function'
}
