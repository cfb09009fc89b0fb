/** Milliseconds of the one clock of a history. It never goes back, and all processes of the machine read the same (Linux: since the boot). */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000
}
