const MOST_TRIES = 400

/** A shorter input that does the same, found by leaving parts out: half of it first, single bytes at last. */
export async function smallest(input: Buffer, isSame: (input: Buffer) => Promise<boolean>): Promise<Buffer> {
  let now = Buffer.from(input)
  let tries = 0
  for (let length = Math.ceil(now.length / 2); length >= 1; length = length === 1 ? 0 : Math.ceil(length / 2)) {
    for (let at = 0; at < now.length && tries < MOST_TRIES;) {
      tries += 1
      const shorter = Buffer.concat([now.subarray(0, at), now.subarray(at + length)])
      if (await isSame(shorter)) now = shorter
      else at += length
    }
  }
  return now
}
