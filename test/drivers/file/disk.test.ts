import { execFile, spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FileDriver } from '../../../src/drivers/file/file-driver.ts'
import { newKey } from '../../../bench/file/support.ts'
import { runUnprivileged } from '../../support/unprivileged.ts'
import type { FullDiskResult } from './full-disk-child.ts'
import { newFolder } from './support.ts'

const run = promisify(execFile)

// A mount that only one process sees: as root, or as a user where the system lets users have a name space.
const unshare = ['unshare', ...(process.getuid?.() === 0 ? ['-m'] : ['-rm'])]
const canMount = spawnSync(unshare[0] ?? '', [...unshare.slice(1), 'true']).status === 0

describe.runIf(canMount || process.env['CI'])('on a full disk', () => {
  it('a write says so, and the sessions stay as they are and can be written once there is room', async () => {
    const folder = newFolder()
    const script = 'mount -t tmpfs -o size=256k tmpfs "$1" && exec "$2" "$3" "$1"'
    const child = join(import.meta.dirname, 'full-disk-child.ts')
    const { stdout } = await run(unshare[0] ?? '', [...unshare.slice(1), 'sh', '-c', script, 'sh', folder, process.execPath, child])
    const result: FullDiskResult = JSON.parse(stdout)
    const full = {
      code: 'ERR_SESSION_DRIVER_FAILED',
      message: expect.stringMatching(/There is no room left for .*: free some, or raise the quota\. What was stored is intact\./),
      cause: expect.stringContaining('ENOSPC'),
    }
    expect(result.refusals).toEqual({ update: full, touch: full, insert: full, commit: full, replace: full })
    expect(result.inPlace).toBe('written')
    expect(result.payloadsMeanwhile).toEqual(['aaaaa', 'bbbbb', 'ccccc', 'new'])
    expect(result.leaseKept).toBe(true)
    expect(result.afterwards).toEqual(['written', 'written', 'inserted', 'new', 'bbbbb', 'new', 'new'])
    expect(result.temporaryFiles).toBe(0)
  })
})

describe('for a user who may not write', () => {
  it('open() and every write say what to do, and the sessions stay', async () => {
    const folder = newFolder()
    const key = newKey()
    onTestFinished(() => chmodSync(join(folder, 'read-only'), 0o700))
    onTestFinished(() => chmodSync(join(folder, 'mixed', key.slice(0, 2)), 0o700))
    const [open, insert, read, acquire] = Object(await runUnprivileged(new URL('read-only-folder.ts', import.meta.url), folder, key))
    const notWritable = expect.stringContaining(`Session directory is not writable: ${join(folder, 'read-only')}`)
    const notAllowed = expect.stringMatching(
      /This process may not read and write in .*: give the folder and all in it to the user that runs it\./,
    )
    expect(open).toEqual(['ERR_SESSION_DRIVER_FAILED', notWritable])
    for (const answer of [insert, read, acquire]) expect(answer).toEqual(['ERR_SESSION_DRIVER_FAILED', notAllowed])

    for (const name of ['read-only', 'mixed']) {
      chmodSync(join(folder, name), 0o700)
      chmodSync(join(folder, name, key.slice(0, 2)), 0o700)
      const driver = new FileDriver({ path: join(folder, name) })
      await driver.open()
      expect(await driver.read(key)).toMatchObject({ kind: 'record', record: { payload: 'old' } })
      await driver.close()
    }
  })
})

describe('with too few open files', () => {
  it('a lease that cannot be had says so, and the others go on', async () => {
    const child = join(import.meta.dirname, 'few-files-child.ts')
    const { stdout } = await run('sh', ['-c', 'ulimit -n 64; exec "$1" "$2" "$3"', 'sh', process.execPath, child, newFolder()])
    expect(JSON.parse(stdout)).toEqual({
      held: expect.any(Number),
      code: 'ERR_SESSION_DRIVER_FAILED',
      message: expect.stringContaining('Too many open files: each locked session keeps one open. Raise the limit (ulimit -n)'),
      commits: ['written', 'held'],
    })
  })
})
