import { isObject } from '../session/plain.ts'

/**
 * A short text that is the same for the same data, in whatever order a store keeps its keys. It tells a change, and guards nothing.
 * @throws {TypeError} for what JSON cannot hold.
 */
export function fingerprint(data: unknown): string {
  const text = JSON.stringify(sorted(JSON.parse(JSON.stringify(data) ?? 'null')))
  // FNV-1a, twice from different beginnings.
  let one = 0x811c9dc5
  let other = 0x1b873593
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    one = Math.imul(one ^ code, 0x01000193)
    other = Math.imul(other ^ code, 0x85ebca6b) ^ (other >>> 13)
  }
  return `${text.length}.${(one >>> 0).toString(36)}.${(other >>> 0).toString(36)}`
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, part]) => [name, sorted(part)])
}
