import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StoreKey } from '../../../src/session/id.ts'

/** A new folder that the caller removes. */
export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'holdfast-'))
}

/** Where the driver keeps a record. */
export function fileOf(path: string, key: StoreKey): string {
  return join(path, key.slice(0, 2), key)
}

/** All files and folders below a folder, as paths from it. */
export function below(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).toSorted()
}

/** Takes a folder away, as an unmounted disk would be. What is called puts it back. */
export function takeAway(path: string): () => void {
  const elsewhere = `${path}.away`
  renameSync(path, elsewhere)
  return () => {
    if (existsSync(path)) rmSync(path, { recursive: true })
    renameSync(elsewhere, path)
  }
}
