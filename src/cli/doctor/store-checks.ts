import type { SessionConfig } from '../../config/index.ts'
import type { SealTally } from '../seal-tally.ts'
import type { RingEntry } from '../commands/keys.ts'
import type { Tally } from '../tally.ts'
import { count, duration } from '../words.ts'
import type { Addresses } from './addresses.ts'
import { type Finding, fault, good, unknown, warning } from './finding.ts'

const CLOCK_WARNS_MS = 5000
const CLOCK_FAILS_MS = 60_000
/** So many expired records, and such a share of all: a collector that runs leaves fewer. */
const PILE = 100
const PILE_SHARE = 0.2
const ENOUGH_ADDRESSES = 20
const SAME_SHARE = 0.9

export function checkClock({ clock }: Tally): Finding {
  const check = 'clock'
  if (clock === undefined) return unknown(check, 'The store is empty, or does not tell its time: clocks were not compared.')
  const apart = Math.abs(clock.store - clock.here)
  if (apart < CLOCK_WARNS_MS) return good(check, 'The clocks of the store and of this machine agree.')
  const message = `The clocks of the store and of this machine are ${duration(apart)} apart.`
  const cure = 'Let both take the time from the same source (NTP): cookies end by one clock, sessions by the other.'
  return apart < CLOCK_FAILS_MS ? warning(check, message, cure) : fault(check, message, cure)
}

export function checkExpired({ kinds, total }: Tally, expiresByItself: boolean): Finding {
  const check = 'expired'
  if (expiresByItself) return good(check, 'The store removes what has expired by itself.')
  const { expired } = kinds
  if (expired < PILE || expired < total * PILE_SHARE) return good(check, 'What has expired is collected.')
  const message = `${count(expired)} of ${count(total)} records have expired, and nobody collects them.`
  return warning(check, message, 'Run: holdfast gc. Then leave collectEverySeconds at 300, or run holdfast gc from a timer.')
}

export function checkUnreadable({ kinds }: Tally): Finding {
  const check = 'unreadable'
  if (kinds.unreadable === 0) return good(check, 'Every record can be read.')
  return warning(
    check,
    `${count(kinds.unreadable)} records cannot be read: they are damaged, or another program's.`,
    'Look at who else writes to the store. Such records stay as they are until they are removed by hand.',
  )
}

export function checkPlaintext({ encrypt, encryption }: SessionConfig, seals: SealTally | undefined): Finding {
  const check = 'plaintext'
  if (encrypt !== true || seals === undefined) return good(check, 'Nothing is to be sealed.')
  if (seals.unsealed === 0) return good(check, 'No session lies in the store as plain text.')
  const message = `${count(seals.unsealed)} of ${count(seals.examined)} sessions are not sealed, though encrypt is true.`
  const accepts = encryption?.acceptPlaintext === true
  const cure = accepts
    ? 'Run: holdfast keys reseal. Then take encryption.acceptPlaintext out.'
    : 'Set encryption.acceptPlaintext for a while, run holdfast keys reseal, and take it out again.'
  return fault(check, message, cure)
}

export function checkUnknownKeys({ encrypt }: SessionConfig, ring: readonly RingEntry[], seals: SealTally | undefined): Finding {
  const check = 'keys-in-use'
  const usable = new Set(ring.filter(({ state }) => state !== 'retired').map(({ name }) => name))
  const lost = [...(seals?.byKey ?? [])].filter(([name]) => !usable.has(name))
  if (encrypt !== true || lost.length === 0) return good(check, 'Every key that sessions need is in the ring.')
  const sessions = lost.reduce((sum, [, number]) => sum + number, 0)
  const message = `${count(sessions)} sessions need keys that are not in the ring: ${lost.map(([name]) => name).join(', ')}.`
  const cure =
    "Run: holdfast keys reseal. What stays needs these keys back with the state 'opens': put them there, and run it again before they go."
  return fault(check, message, cure)
}

export function checkProxies({ trustProxy }: SessionConfig, addresses: Addresses): Finding {
  const check = 'proxies'
  if (trustProxy !== undefined && trustProxy !== false) return good(check, 'Proxies are declared.')
  const { total, most, mostIsInside } = addresses
  if (total < ENOUGH_ADDRESSES || !mostIsInside || most < total * SAME_SHARE)
    return good(check, 'There is no sign of a proxy that is not declared.')
  return warning(
    check,
    `${count(most)} of ${count(total)} sessions come from one address inside: a proxy stands before the application, and is not declared.`,
    'Set trustProxy to the number or the addresses of your proxies, so that visitors are told apart.',
  )
}

export function checkHolders(before: Tally, after: Tally | undefined, seconds: number): Finding {
  const check = 'locks'
  const stayed = before.holders.filter((one) => after?.holders.some((other) => other.handle === one.handle && other.holder === one.holder))
  if (stayed.length === 0) return good(check, 'Nobody holds a lock for long.')
  const handles = stayed.slice(0, 5).map(({ handle }) => handle)
  return warning(
    check,
    `${count(stayed.length)} sessions were held by the same request for ${seconds} seconds or more: ${handles.join(', ')}${stayed.length > 5 ? ', ...' : ''}.`,
    "Look at what these requests wait for. Give a long one session.release(), or concurrency 'readonly' or 'merge'.",
  )
}
