import type { LockingDriver } from '../../src/contracts/driver.ts'
import type { SurveyingDriver } from '../../src/contracts/surveying-driver.ts'

export const driverNames = ['memory', 'file', 'sqlite', 'postgres', 'mariadb', 'redis'] as const
export type DriverName = (typeof driverNames)[number]

export function driverNamed(name: string | undefined): DriverName | undefined {
  return driverNames.find((one) => one === name)
}

/** A driver as an application has it, over a client of its own. */
export interface ProvenDriver {
  readonly driver: LockingDriver & SurveyingDriver
  /** Ends its client. */
  readonly end: () => void | Promise<void>
}
