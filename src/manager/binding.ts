import { ipBytes, sharesBits } from '../session/ip-address.ts'
import type { Place } from '../session/place.ts'
import type { BindingAction, BindingOptions, Settled } from './options.ts'

const SEVERITY: readonly BindingAction[] = ['off', 'report', 'rotate', 'reject']

/** What to do about a session that was last used from one place and now comes from another. What is not known on either side is no other place. */
export function bindingAction(binding: Settled<BindingOptions>, before: Place, now: Place): BindingAction {
  const actions: BindingAction[] = ['off']
  if (!isSameNetwork(binding, before.ipAddress, now.ipAddress)) actions.push(binding.ipAddress)
  if (before.userAgent !== undefined && now.userAgent !== undefined && before.userAgent !== now.userAgent) actions.push(binding.userAgent)
  return actions.toSorted((one, other) => SEVERITY.indexOf(other) - SEVERITY.indexOf(one))[0] ?? 'off'
}

function isSameNetwork({ ipv4Bits, ipv6Bits }: Settled<BindingOptions>, before: string | undefined, now: string | undefined): boolean {
  if (before === undefined || now === undefined || before === now) return true
  const one = ipBytes(before)
  const other = ipBytes(now)
  return one !== undefined && other !== undefined && sharesBits(one, other, one.length === 4 ? ipv4Bits : ipv6Bits)
}
