import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
} from 'node:fs'
import { statSync, unlinkSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SessionError } from '../../session/errors.ts'
import { codeOf, failure } from './file-errors.ts'
import { kernelLocks, processLocks, whatLocksLack } from './kernel-lock.ts'
import type { FileLocks } from './kernel-lock.ts'
import { formatPath, newTempPath, tempFolder, usersFolder } from './paths.ts'

/** Nobody but the owner reads or writes a file of the driver. */
export const FILE_MODE = 0o600

const FORMAT = 1
const FOLDER_MODE = 0o700
const OTHERS_MAY_WRITE = 0o002

export interface FolderOptions {
  readonly singleProcess: boolean
  /** Whether what was made lasts through a loss of power. */
  readonly isDurable: boolean
}

/**
 * Makes or checks the folder of a driver, and answers with the locks to use in it.
 *
 * @throws {SessionError} `ERR_SESSION_DRIVER_FAILED`; the message says what is wrong with the folder and what to do.
 */
export async function openFolder(root: string, { singleProcess, isDurable }: FolderOptions): Promise<FileLocks> {
  const made = makeRoot(root)
  const locks = singleProcess ? processLocks : kernelLocks()
  if (typeof locks === 'string') throw noLocks(root, locks)
  try {
    makeFolder(tempFolder(root))
    makeFolder(usersFolder(root))
    checkFormat(root, locks)
    tryOut(root, locks)
    if (isDurable) await syncUpTo(made === undefined ? root : dirname(made), root)
    return locks
  } catch (error) {
    throw failure('open', root, error)
  }
}

/** Makes a folder that only its owner enters, whatever the umask. It may be there already. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: FOLDER_MODE })
    chmodSync(path, FOLDER_MODE)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
}

/** Makes a file that only its owner reads, whatever the umask. */
export function makeFile(path: string): number {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, FILE_MODE)
  fchmodSync(fd, FILE_MODE)
  return fd
}

/** Throws unless a folder is still the one that was opened, and not, say, an empty mount point: there, all sessions seem to have ended. */
export function assertThere(root: string): void {
  if (!exists(formatPath(root))) throw Object.assign(new Error(`no holdfast.json in '${root}'`), { code: 'ENOENT' })
}

export function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

/** Whether a file is there and nobody wrote to it for so long, by the system's clock. */
export function isOlderThan(path: string, ms: number): boolean {
  const mtimeMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs
  return mtimeMs !== undefined && Date.now() - mtimeMs > ms
}

/** Makes new and removed names in a folder last through a loss of power. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return // it has no such thing
  const folder = await open(path)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function syncUpTo(top: string, path: string): Promise<void> {
  await syncFolder(path)
  if (path !== top) await syncUpTo(top, dirname(path))
}

/**
 * Makes a folder and all that lead to it. Answers with the topmost that was made. Node's own way loops without end where a file system says
 * that it knows no such folder and does not take one, as `/proc` does.
 */
function makeFolders(path: string): string | undefined {
  try {
    return makeIfMissing(path) ? path : undefined
  } catch (error) {
    const parent = dirname(path)
    if (codeOf(error) !== 'ENOENT' || parent === path) throw error
    const made = makeFolders(parent)
    return makeIfMissing(path) ? (made ?? path) : made
  }
}

/** Makes one folder; `false` when it is there already, or another process was faster. */
function makeIfMissing(path: string): boolean {
  try {
    mkdirSync(path, { mode: FOLDER_MODE })
    return true
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return false
    throw error
  }
}

function unusable(error: unknown): string {
  return `(${codeOf(error)}). Let the user of this process write there, or give 'path' another folder.`
}

/** Answers with the topmost folder that was made. */
function makeRoot(root: string): string | undefined {
  let made: string | undefined
  try {
    made = makeFolders(root)
    if (made !== undefined) chmodSync(root, FOLDER_MODE)
  } catch (error) {
    throw SessionError.driverFailed('open', `Failed to create session directory: ${root} ${unusable(error)}`, { cause: error })
  }
  try {
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw SessionError.driverFailed('open', `Session directory is not writable: ${root} ${unusable(error)}`, { cause: error })
  }
  if (process.platform !== 'win32' && (statSync(root).mode & OTHERS_MAY_WRITE) !== 0) {
    throw SessionError.driverFailed(
      'open',
      `Every user of this machine may write to '${root}', and so to the sessions: chmod 700, or choose a folder inside it.`,
    )
  }
  return made
}

function checkFormat(root: string, locks: FileLocks): void {
  const found = readFormat(root) ?? writeFormat(root, locks)
  if (found === undefined) return
  if (found.format !== FORMAT) {
    throw SessionError.driverFailed(
      'open',
      `'${root}' has format ${String(found.format)} and this version of Holdfast knows format ${FORMAT}: use the version that made it, or another folder.`,
    )
  }
  if (found.lock !== locks.kind) {
    throw SessionError.driverFailed(
      'open',
      `'${root}' is used with locks of the kind '${String(found.lock)}', and this process would use '${locks.kind}'; the two do not see one another. ` +
        "Open it everywhere with the same platform and 'singleProcess'; or, when nobody uses it, delete its holdfast.json.",
    )
  }
}

function readFormat(root: string): { readonly format: unknown; readonly lock: unknown } | undefined {
  let text: string
  try {
    text = readFileSync(formatPath(root), 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && 'format' in value && 'lock' in value) return value
  } catch {
    // said below
  }
  throw SessionError.driverFailed('open', `'${formatPath(root)}' is damaged or not Holdfast's: restore it, or choose another folder.`)
}

/** Claims a new folder. Answers with what another process wrote when that was faster. */
function writeFormat(root: string, locks: FileLocks): ReturnType<typeof readFormat> {
  const temp = newTempPath(root)
  const fd = makeFile(temp)
  try {
    writeSync(fd, `${JSON.stringify({ format: FORMAT, lock: locks.kind })}\n`)
    fsyncSync(fd)
    linkSync(temp, formatPath(root))
    return undefined
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return readFormat(root)
    throw error
  } finally {
    closeSync(fd)
    unlinkSync(temp)
  }
}

/** What the driver relies on, tried on a file: locks, hard links, and a link count that tells a holder of a removal. */
function tryOut(root: string, locks: FileLocks): void {
  const path = newTempPath(root)
  const fd = makeFile(path)
  try {
    const lack = whatLocksLack(locks, path)
    if (lack !== undefined) throw noLocks(root, `on this file system ${lack}`)
    const before = fstatSync(fd).nlink
    unlinkSync(path)
    if (before !== 1 || fstatSync(fd).nlink !== 0) {
      throw SessionError.driverFailed('open', `The file system of '${root}' does not count links: choose a folder on a local disk.`)
    }
  } finally {
    closeSync(fd)
    removeIfThere(path)
  }
}

/** Removes a name. Answers whether it was there. */
export function removeIfThere(path: string): boolean {
  try {
    unlinkSync(path)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

/** Removes a name that a collector would remove else. */
export function removeQuietly(path: string): void {
  try {
    removeIfThere(path)
  } catch {
    // The collector tries again.
  }
}

function noLocks(root: string, why: string): SessionError {
  return SessionError.driverFailed(
    'open',
    `No lock can be had for the files in '${root}': ${why}. Where one process alone uses this folder, 'singleProcess: true' does without.`,
  )
}
