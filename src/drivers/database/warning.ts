const warned = new Set<string>()

/** Warns of what works and should not stay so: once in a process, wherever there is one. */
export function warnOnce(message: string): void {
  if (warned.has(message)) return
  warned.add(message)
  if (typeof process === 'object' && typeof process.emitWarning === 'function') {
    process.emitWarning(message, { type: 'HoldfastWarning', code: 'HOLDFAST_DATABASE_DRIVER' })
  } else console.warn(message)
}
