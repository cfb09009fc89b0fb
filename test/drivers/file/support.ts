import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { FileDriver } from '../../../src/drivers/file/file-driver.ts'
import type { FileDriverOptions } from '../../../src/drivers/file/file-driver.ts'
import type { StoreKey } from '../../../src/session/id.ts'

/** A new folder that is removed after the test. */
export function newFolder(): string {
  const path = makeFolder()
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A new folder that the caller removes. */
export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'holdfast-'))
}

/** A driver that is open, on a folder of its own unless told otherwise, and closed after the test. */
export async function openDriver(options: Partial<FileDriverOptions> = {}): Promise<FileDriver & { readonly path: string }> {
  const path = options.path ?? newFolder()
  const driver = Object.assign(new FileDriver({ ...options, path }), { path })
  await driver.open()
  onTestFinished(() => driver.close())
  return driver
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
