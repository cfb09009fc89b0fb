import { sha256 } from '../session/sha256.ts'

const DIGITS = 16

/** The name of whoever has a lease, made of what only they and the store know: it tells two holders apart, and opens nothing. */
export async function holderName(secret: string): Promise<string> {
  return (await sha256(secret)).slice(0, DIGITS)
}
