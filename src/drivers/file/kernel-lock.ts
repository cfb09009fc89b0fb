import { closeSync, fstatSync, openSync, constants } from 'node:fs'
import { loadOutside } from './load-outside.ts'
import { systemLock } from './system-lock.ts'
import type { TakeLock } from './system-lock.ts'

/**
 * The kind of lock that keeps two holders of a record apart. They do not exclude one another, so a folder has one, written in it.
 * `ofd`, `flock`, `windows`: the kernel's, freed at once when its process dies. `none`: this process only.
 */
export type LockKind = 'ofd' | 'flock' | 'windows' | 'none'

/** Locks on open files. Each open of a file is a holder of its own, also within one process. */
export interface FileLocks {
  readonly kind: LockKind
  /** Takes the lock of an open file. It does not wait: `false` when another open of the file holds it. */
  readonly take: TakeLock
  /** Closes the file, and gives its lock back. */
  close(fd: number): void
}

type TryLock = (fd: number, offset?: number, length?: number) => unknown

// Windows keeps others from reading what is locked: there, a byte far behind every record is.
const WINDOWS_LOCK_OFFSET = 2 ** 40

/** The kernel's locks: by the addon `fs-native-extensions` on Node, by the C library on Bun and Deno. A text says why there are none. */
export function kernelLocks(): FileLocks | string {
  // Loading the addon kills these two: it must not even be tried.
  const runtime = 'bun' in process.versions ? 'Bun' : 'deno' in process.versions ? 'Deno' : undefined
  const take = runtime === undefined ? addonLock() : systemLock(runtime)
  return typeof take === 'string' ? take : { kind: kindHere(), take, close: closeSync }
}

/** Locks among everything that one process opens, for `singleProcess: true`. */
export const processLocks: FileLocks = {
  kind: 'none',
  take(fd) {
    // As plain numbers, files of NTFS and of some virtual disks whose numbers are large would pass for one another.
    const { dev, ino } = fstatSync(fd, { bigint: true })
    const file = `${dev}:${ino}`
    if (holders.has(file)) return false
    holders.add(file)
    held.set(fd, file)
    return true
  },
  close(fd) {
    const file = held.get(fd)
    if (file !== undefined) holders.delete(file)
    held.delete(fd)
    closeSync(fd)
  },
}

// One set for all drivers of the process: two of them may share a folder.
const holders = new Set<string>()
const held = new Map<number, string>()

/**
 * Tries on a file whether its file system keeps two holders apart and frees a lock that was closed: network and
 * overlay file systems are not all alike. A text says what does not work.
 */
export function whatLocksLack(locks: FileLocks, path: string): string | undefined {
  const open: number[] = []
  const openAnother = (): number => {
    const fd = openSync(path, constants.O_RDWR)
    open.push(fd)
    return fd
  }
  try {
    const [first, second] = [openAnother(), openAnother()]
    if (!locks.take(first)) return 'a file that nobody uses could not be locked'
    if (locks.take(second)) return 'two holders had the same lock at once'
    locks.close(first)
    open.splice(open.indexOf(first), 1)
    return locks.take(second) ? undefined : 'a lock stayed after its holder was gone'
  } catch (error) {
    return `locking failed (${error instanceof Error ? error.message : String(error)})`
  } finally {
    for (const fd of open) locks.close(fd)
  }
}

function addonLock(): TakeLock | string {
  const tryLock = loadTryLock()
  if (typeof tryLock === 'string') return tryLock
  return process.platform === 'win32' ? (fd) => tryLock(fd, WINDOWS_LOCK_OFFSET, 1) === true : (fd) => tryLock(fd) === true
}

function loadTryLock(): TryLock | string {
  try {
    const addon: unknown = loadOutside('fs-native-extensions', import.meta.url)
    return hasTryLock(addon) ? addon.tryLock : "the package 'fs-native-extensions' has no tryLock"
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    return `the package 'fs-native-extensions' cannot be loaded (${why}): install it (npm install fs-native-extensions)`
  }
}

function hasTryLock(addon: unknown): addon is { readonly tryLock: TryLock } {
  return typeof addon === 'object' && addon !== null && 'tryLock' in addon && typeof addon.tryLock === 'function'
}

function kindHere(): LockKind {
  if (process.platform === 'win32') return 'windows'
  return process.platform === 'linux' || process.platform === 'android' ? 'ofd' : 'flock'
}
