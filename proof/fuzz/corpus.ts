import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from '../../scripts/support/check.ts'

/** What a target begins with, committed: seeds, what reaches the rest, and everything that once broke something. */
export const KEPT: string = join(repository, 'proof/fuzz/corpus')
/** What runs on this machine have found to be interesting, and what they found. */
export const OWN: string = join(repository, 'var/fuzz')

/** The inputs of a folder, in the order of their names; none when there is no such folder. */
export function inputsIn(folder: string): Buffer[] {
  return existsSync(folder)
    ? readdirSync(folder)
        .toSorted()
        .map((name) => readFileSync(join(folder, name)))
    : []
}

/** Writes inputs into a folder, each under its hash, and says where. */
export function writeInputs(folder: string, inputs: readonly Uint8Array[]): string[] {
  mkdirSync(folder, { recursive: true })
  return inputs.map((input) => {
    const path = join(folder, createHash('sha256').update(input).digest('hex').slice(0, 16))
    writeFileSync(path, input)
    return path
  })
}
