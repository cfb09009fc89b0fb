import { knownFields, numberOption } from '../session/option-check.ts'

/** How long `close` has patience. */
export interface CloseOptions {
  /** Seconds that sessions may take to end, or `Infinity`. Default: 10. `ERR_SESSION_CONFIG`, and nothing is closed, where it is no number. */
  readonly waitSeconds?: number | undefined
}

/** @throws {SessionError} `ERR_SESSION_CONFIG`. */
export function patienceMs(options: CloseOptions): number {
  knownFields('', options, ['waitSeconds'])
  const { waitSeconds } = options
  return 1000 * numberOption('waitSeconds', waitSeconds === Infinity ? Number.MAX_VALUE : waitSeconds, 10, 'at least', 0)
}
