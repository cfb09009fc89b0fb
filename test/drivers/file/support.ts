import { rmSync } from 'node:fs'
import { onTestFinished } from 'vitest'
import { FileDriver } from '../../../src/drivers/file/file-driver.ts'
import type { FileDriverOptions } from '../../../src/drivers/file/file-driver.ts'
import { makeFolder } from './folders.ts'

export { below, fileOf, makeFolder, takeAway } from './folders.ts'

/** A new folder that is removed after the test. */
export function newFolder(): string {
  const path = makeFolder()
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A driver that is open, on a folder of its own unless told otherwise, and closed after the test. */
export async function openDriver(options: Partial<FileDriverOptions> = {}): Promise<FileDriver & { readonly path: string }> {
  const path = options.path ?? newFolder()
  const driver = Object.assign(new FileDriver({ ...options, path }), { path })
  await driver.open()
  onTestFinished(() => driver.close())
  return driver
}
