const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const UNITS = [
  [2 * DAY, DAY, 'days'],
  [2 * HOUR, HOUR, 'h'],
  [2 * MINUTE, MINUTE, 'min'],
  [0, SECOND, 's'],
] as const

/** How long something takes, such as `3 min`. */
export function duration(ms: number): string {
  const length = Math.max(0, ms)
  const [, unit, name] = UNITS.find(([from]) => length >= from) ?? UNITS[3]
  return `${Math.round(length / unit)} ${name}`
}

/** When something was, or will be, seen from now. */
export function fromNow(instant: number, now: number): string {
  return instant > now ? `in ${duration(instant - now)}` : `${duration(now - instant)} ago`
}

/** An instant for programs; `null` for none, and for one that no date can say, as of a session that lives for a million years. */
export function isoTime(instant: number | undefined): string | null {
  const date = new Date(instant ?? Number.NaN)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}

/** A size such as `1.2 MB`. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
}

/** A count with its thousands apart. */
export function count(number: number): string {
  return number.toLocaleString('en-US')
}

/** A count and what is counted. */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`
}

/** An address without its last part: the network, not the house. */
export function maskedAddress(address: string | undefined): string | undefined {
  if (address === undefined) return undefined
  if (address.includes(':')) return `${address.split(':').slice(0, 3).join(':')}:…`
  return /^\d+\.\d+\.\d+\.\d+$/.test(address) ? address.replace(/\d+$/, '…') : '…'
}
