import type { CommonOptions } from '../store.ts'

/** Which sessions end. */
export interface RevokeCommandOptions extends CommonOptions {
  readonly user?: string
  readonly all?: boolean
  readonly before?: string
  readonly dryRun?: boolean
  readonly yes?: boolean
}

/** How a revocation ended. */
export interface Revocation {
  readonly revoked: number
  readonly isDryRun: boolean
  /** Where one that was stopped goes on. */
  readonly goesOn?: string | undefined
}
