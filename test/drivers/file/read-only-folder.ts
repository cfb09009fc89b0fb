// For `runUnprivileged`: what an ordinary user is told about folders of somebody else.
import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { FileDriver } from '../../../src/drivers/file/file-driver.ts'
import { isSessionError } from '../../../src/session/errors.ts'
import { keyFrom, recordWith } from '../../../bench/file/support.ts'

const NOBODY = 65534
const opened: FileDriver[] = []

/** Makes a session in each of two folders: one is read-only, in the other the files belong to whoever runs the tests. */
export async function prepare(folder: string, keyText: string): Promise<void> {
  chmodSync(folder, 0o755)
  for (const name of ['read-only', 'mixed']) {
    const path = join(folder, name)
    mkdirSync(path)
    const driver = new FileDriver({ path })
    await driver.open()
    await driver.insert(keyFrom(keyText), recordWith('old'))
    opened.push(driver)
    if (name === 'read-only') chmodSync(path, 0o555)
    else if (process.getuid?.() === 0) chownSync(path, NOBODY, NOBODY)
    else chmodSync(join(path, keyText.slice(0, 2)), 0o000)
  }
}

export async function run(folder: string, keyText: string): Promise<readonly (readonly [string, string])[]> {
  const key = keyFrom(keyText)
  const [readOnly, mixed] = opened
  return Promise.all([
    said(new FileDriver({ path: join(folder, 'read-only') }).open()),
    said(readOnly?.insert(key, recordWith('new'))),
    said(mixed?.read(key)),
    said(mixed?.acquire(key, { token: 'mine', leaseMs: 1 })),
  ])
}

async function said(call: Promise<unknown> | undefined): Promise<readonly [string, string]> {
  try {
    return ['answered', JSON.stringify(await call)]
  } catch (error) {
    return isSessionError(error) ? [error.code, error.message] : ['another error', String(error)]
  }
}
