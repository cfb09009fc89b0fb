import { execFile } from 'node:child_process'
import fs from 'node:fs'
import { cp, mkdir, rmdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { FileDriver } from '../../../src/drivers/file/file-driver.ts'
import type { StoreKey } from '../../../src/session/id.ts'
import { hold, newKey, recordWith } from '../../../bench/file/support.ts'
import { below, fileOf, newFolder, openDriver, takeAway } from './support.ts'

const source = join(import.meta.dirname, '../../../src')

describe('the session folder', () => {
  it('is made with all that leads to it, for its owner only, whatever the umask (S-181, S-185)', async () => {
    for (const umask of [0o000, 0o022, 0o277]) {
      const path = join(newFolder(), 'var/sessions')
      await inProcess(source, `process.umask(${umask}); ${useDriver(path)}`)
      const modes = below(path).map((name) => {
        const stat = fs.statSync(join(path, name))
        return [name, stat.isDirectory() ? 'folder' : 'file', (stat.mode & 0o777).toString(8)]
      })
      expect((fs.statSync(path).mode & 0o777).toString(8)).toBe('700')
      expect(modes.filter(([, kind, mode]) => mode !== (kind === 'file' ? '600' : '700'))).toEqual([])
      expect(modes.length).toBeGreaterThan(6)
    }
  })

  it('may be given with a slash at its end (S-181)', async () => {
    const path = newFolder()
    const driver = await openDriver({ path: `${path}/` })
    const key = newKey()
    await driver.insert(key, recordWith('x'))
    expect(fs.existsSync(fileOf(path, key))).toBe(true)
  })

  it('names files after keys, fanned out, and only after texts that have the form of one (S-183, S-199)', async () => {
    const driver = await openDriver()
    const key = newKey()
    await driver.insert(key, recordWith('x'))
    expect(below(driver.path)).toContain(`${key.slice(0, 2)}/${key}`)
    const before = below(driver.path)
    const notAKey = 'aa/../../outside' as StoreKey
    for (const call of [
      driver.read(notAKey),
      driver.insert(notAKey, recordWith('x')),
      driver.destroy(notAKey),
      driver.acquire(notAKey, { token: 't', leaseMs: 1 }),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'ERR_SESSION_INVALID_ARGUMENT', message: expect.not.stringContaining('outside') })
    }
    expect(below(driver.path)).toEqual(before)
  })

  it('is refused when every user may write to it', async () => {
    const path = newFolder()
    fs.chmodSync(path, 0o777)
    await expect(new FileDriver({ path }).open()).rejects.toThrow(
      /Every user of this machine may write .* chmod 700, or choose a folder inside/,
    )
    await new FileDriver({ path: join(path, 'sessions') }).open()
  })

  it('is refused as an address of a file, of which a folder in the working folder would be made', () => {
    expect(() => new FileDriver({ path: 'file:///srv/sessions' })).toThrow("Option 'path': must be the path of a folder")
  })

  it('is refused when it cannot be made (S-182)', async () => {
    const path = join(newFolder(), 'file')
    fs.writeFileSync(path, '')
    for (const impossible of [path, `${path}/sessions`]) {
      await expect(new FileDriver({ path: impossible }).open()).rejects.toMatchObject({
        code: 'ERR_SESSION_DRIVER_FAILED',
        message: expect.stringContaining(`Failed to create session directory: ${impossible} (E`),
        cause: expect.any(Error),
      })
    }
  })

  it.runIf(process.platform === 'linux')('is refused at once where nothing can be made, and nobody waits', async () => {
    await expect(new FileDriver({ path: '/proc/sessions/of/app' }).open()).rejects.toThrow(
      "Failed to create session directory: /proc/sessions/of/app (ENOENT). Let the user of this process write there, or give 'path' another folder.",
    )
  })

  it('is refused when another version, or another program, made it', async () => {
    const { path } = await openDriver()
    const format = join(path, 'holdfast.json')
    fs.writeFileSync(format, '{"format":2,"lock":"ofd"}')
    await expect(new FileDriver({ path }).open()).rejects.toThrow(/has format 2 and this version of Holdfast knows format 1/)
    fs.writeFileSync(format, 'something else')
    await expect(new FileDriver({ path }).open()).rejects.toThrow(/is damaged or not Holdfast's/)
  })

  it('is used with one kind of lock only', async () => {
    const { path } = await openDriver()
    await expect(new FileDriver({ path, singleProcess: true }).open()).rejects.toThrow(
      /locks of the kind '\w+', and this process would use 'none'/,
    )
    const { path: other } = await openDriver({ singleProcess: true })
    await expect(new FileDriver({ path: other }).open()).rejects.toThrow(/locks of the kind 'none'/)
    await new FileDriver({ path: other, singleProcess: true }).open()
  })

  it('can be opened by many at the same time', async () => {
    const path = newFolder()
    const script = `${openDriverIn(path)}; await driver.close()`
    await Promise.all(Array.from({ length: 4 }, () => inProcess(source, script)))
    await openDriver({ path })
    expect(below(path)).toEqual(['holdfast.json', 'tmp', 'users'])
  })

  it('that vanished is an error, and not sessions that ended', async () => {
    const driver = await openDriver()
    const key = newKey()
    await driver.insert(key, recordWith('x'))
    const { lease } = await hold(driver, key)
    const putBack = takeAway(driver.path)
    const empty = async (): Promise<void> => {
      for (const call of [
        driver.read(key),
        driver.destroy(key),
        driver.list(),
        driver.gc(),
        driver.revokeUser('ada'),
        driver.renew(lease, 1),
        driver.commit(lease, recordWith('y'), { leaseMs: 1 }),
        driver.replace(lease, newKey(), recordWith('y'), undefined, { leaseMs: 1 }),
      ]) {
        await expect(call).rejects.toMatchObject({
          code: 'ERR_SESSION_DRIVER_FAILED',
          message: expect.stringContaining('is not the session folder that was opened'),
        })
      }
    }
    await empty()
    await mkdir(driver.path) // as an empty mount point
    await empty()
    putBack()
    expect((await driver.commit(lease, recordWith('y'), { leaseMs: 1 })).kind).toBe('written')
  })

  it('may lose its empty folders to a clean-up, and makes them anew', async () => {
    const driver = await openDriver()
    for (const folder of ['tmp', 'users']) await rmdir(join(driver.path, folder))
    const key = newKey()
    expect(await driver.insert(key, recordWith('x', { userId: 'ada' }))).toBeDefined()
    expect((await driver.list({ userId: 'ada' })).sessions.map((session) => session.key)).toEqual([key])
  })
})

describe('without a lock of the kernel', () => {
  it('open() says how to get one, or to declare a single process', async () => {
    const elsewhere = newFolder()
    await cp(source, elsewhere, { recursive: true })
    fs.writeFileSync(join(elsewhere, 'package.json'), '{"type":"module"}')
    const path = newFolder()
    const { stderr } = await inProcess(elsewhere, openDriverIn(path)).catch((error: { readonly stderr: string }) => error)
    expect(stderr).toContain('ERR_SESSION_DRIVER_FAILED')
    expect(stderr).toMatch(/No lock can be had .*npm install fs-native-extensions.*singleProcess: true/s)
    await inProcess(elsewhere, useDriver(path, 'singleProcess: true'))
  })
})

describe('links in the folder', () => {
  it('a link in place of a record is not followed, read, written or collected', async () => {
    const driver = await openDriver()
    const victim = join(newFolder(), 'victim')
    const other = newKey()
    await driver.insert(other, recordWith('another session'))
    fs.copyFileSync(fileOf(driver.path, other), victim)
    const before = fs.readFileSync(victim)
    const key = newKey()
    await mkdir(join(driver.path, key.slice(0, 2)), { recursive: true })
    await symlink(victim, fileOf(driver.path, key))
    const found = await driver.read(other)
    const version = found?.kind === 'record' ? found.record.version : { counter: 1, writeToken: '' }
    for (const call of [driver.read(key), driver.update(key, recordWith('x'), version), driver.acquire(key, { token: 't', leaseMs: 1 })]) {
      await expect(call).rejects.toMatchObject({ code: 'ERR_SESSION_UNREADABLE' })
    }
    expect(await driver.insert(key, recordWith('x'))).toBe(undefined)
    await driver.gc()
    expect(fs.readFileSync(victim)).toEqual(before)
    expect(fs.lstatSync(fileOf(driver.path, key)).isSymbolicLink()).toBe(true)
  })

  it('a pipe or a folder in place of a record is an error, and nobody waits', async () => {
    const driver = await openDriver()
    const [pipe, folder] = [newKey(), newKey()]
    await mkdir(fileOf(driver.path, folder), { recursive: true })
    await mkdir(join(driver.path, pipe.slice(0, 2)), { recursive: true })
    await promisify(execFile)('mkfifo', [fileOf(driver.path, pipe)])
    for (const key of [pipe, folder]) {
      await expect(driver.read(key)).rejects.toMatchObject({ code: 'ERR_SESSION_UNREADABLE' })
      await expect(driver.acquire(key, { token: 't', leaseMs: 1 })).rejects.toMatchObject({ code: 'ERR_SESSION_UNREADABLE' })
    }
  })
})

/** Runs a module's text in a process of its own, with the library's sources in a folder. */
function inProcess(sources: string, script: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const imports = `import { FileDriver } from '${sources}/drivers/file/file-driver.ts'\n`
  return promisify(execFile)(process.execPath, ['--input-type=module', '--eval', imports + script])
}

function openDriverIn(path: string, options = ''): string {
  return `const driver = new FileDriver({ path: ${JSON.stringify(path)}, ${options} })\nawait driver.open()\n`
}

/** Opens, and leaves a record of a user, a lease's end, and an epoch. */
function useDriver(path: string, options = ''): string {
  return `${openDriverIn(path, options)}
    const record = ${JSON.stringify(recordWith('x', { userId: 'ada' }))}
    const key = ${JSON.stringify(newKey())}
    await driver.insert(key, record)
    const { lease } = await driver.acquire(key, { token: 't', leaseMs: 1 })
    await driver.commit(lease, record, { leaseMs: 1 })
    await driver.revokeUser('bob')
    await driver.close()`
}
