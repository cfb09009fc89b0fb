import { SessionError } from '../../session/errors.ts'
import { withDetail } from '../../session/failure-detail.ts'

/**
 * Why a text was not opened. `not-authentic`: the key under this name is another one, or the text was changed, or it was moved here from another
 * session or field; the cipher cannot tell which.
 */
export type SealFailure = 'unknown-key' | 'retired-key' | 'not-authentic' | 'malformed' | 'unknown-version' | 'not-sealed'

/**
 * The error for a text that is not opened: one and the same, whatever the reason, which only events say.
 * @see OWASP ASVS 11.2.5.
 */
export function cannotOpen(reason: SealFailure): SessionError {
  return withDetail(SessionError.deserializationFailed('A sealed text could not be opened.'), reason)
}
