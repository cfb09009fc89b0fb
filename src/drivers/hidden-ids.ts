// With `hashIds: false` the key is the id itself: 40 hex digits, before which a prefix may end in others. A hash has 64, and may be shown.
const ID_FORM = /[0-9a-f]{40,}/g
const HASH_DIGITS = 64

/** A message without what may be a session's id. */
export function withoutIds(message: string): string {
  return message.replaceAll(ID_FORM, (digits) => (digits.length === HASH_DIGITS ? digits : '[hidden]'))
}
