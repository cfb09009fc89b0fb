// Locks on Bun and Deno, which load no addon of Node and call the system's C library by themselves.
import { constants, endianness } from 'node:os'
import { loadOutside } from './load-outside.ts'

/** Takes the lock of an open file. It does not wait: `false` when another open of the file holds it. */
export type TakeLock = (fd: number) => boolean

/** What a runtime makes of the C library: its functions, and the number of the error that the last one left. */
interface Library {
  readonly call: (name: 'fcntl' | 'flock', ...args: readonly (number | Uint8Array)[]) => number
  readonly errno: () => number
}

type OpenLibrary = (name: string, errnoName: string) => Library

// glibc and musl, the second under the name that each machine gives it.
const LINUX_LIBRARIES = ['libc.so.6', 'libc.musl-x86_64.so.1', 'libc.musl-aarch64.so.1']
// <fcntl.h> and <sys/file.h>: a lock of the open file, refused at once, on all of it, for one holder.
const F_OFD_SETLK = 37
const LOCK_EX_NB = 2 | 4
const { EAGAIN, EACCES, EINTR } = constants.errno

/** The lock that the addon takes on Node: the two runtimes and Node see one another's. A text says why there is none. */
export function systemLock(runtime: 'Bun' | 'Deno'): TakeLock | string {
  const platform: string = process.platform
  if (platform !== 'linux' && platform !== 'darwin') return `there is no kernel lock for ${runtime} on ${platform} yet`
  try {
    const openLibrary = runtime === 'Bun' ? libraryOfBun() : libraryOfDeno()
    if (platform === 'darwin') {
      const library = openLibrary('/usr/lib/libSystem.B.dylib', '__error')
      return (fd) => isTaken(library, () => library.call('flock', fd, LOCK_EX_NB))
    }
    const library = openFirst(openLibrary, LINUX_LIBRARIES)
    const wholeFile = writeLock()
    return (fd) => isTaken(library, () => library.call('fcntl', fd, F_OFD_SETLK, wholeFile))
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    const advice = runtime === 'Deno' ? ': run Deno with --allow-ffi' : ''
    return `the system's C library cannot be called (${why})${advice}`
  }
}

function isTaken({ errno }: Library, attempt: () => number): boolean {
  for (;;) {
    if (attempt() === 0) return true
    const number = errno()
    if (number === EAGAIN || number === EACCES) return false
    if (number !== EINTR) throw systemError(number)
  }
}

function systemError(number: number): Error {
  const code = Object.entries(constants.errno).find(([, value]) => value === number)?.[0] ?? `error ${number}`
  return Object.assign(new Error(`the lock of an open file was refused: ${code}`), { code })
}

/** A `struct flock` of a 64-bit Linux: the kind of lock first, and zeros, which mean the whole file and no process. */
function writeLock(): Uint8Array {
  const lock = new Uint8Array(32)
  new DataView(lock.buffer).setInt16(0, 1, endianness() === 'LE')
  return lock
}

function openFirst(openLibrary: OpenLibrary, names: readonly string[]): Library {
  const failures: unknown[] = []
  for (const name of names) {
    try {
      return openLibrary(name, '__errno_location')
    } catch (error) {
      failures.push(error)
    }
  }
  throw failures[0]
}

/** @see https://bun.com/docs/runtime/ffi */
function libraryOfBun(): OpenLibrary {
  const ffi: unknown = loadOutside('bun:ffi', import.meta.url)
  return (file, errnoName) => {
    const symbols = functionsOf(ffi, file, {
      fcntl: { args: ['i32', 'i32', 'ptr'], returns: 'i32' },
      flock: { args: ['i32', 'i32'], returns: 'i32' },
      [errnoName]: { args: [], returns: 'ptr' },
    })
    const read = propertyOf(ffi, 'read')
    return {
      call: (name, ...args) => numberFrom(symbols, name, args),
      errno: () => numberFrom(read, 'i32', [invoke(symbols, errnoName, []), 0]),
    }
  }
}

/** @see https://docs.deno.com/runtime/fundamentals/ffi/ */
function libraryOfDeno(): OpenLibrary {
  const deno: unknown = Reflect.get(globalThis, 'Deno')
  const View = propertyOf(deno, 'UnsafePointerView')
  if (typeof View !== 'function') throw new Error('this Deno has no UnsafePointerView')
  return (file, errnoName) => {
    const symbols = functionsOf(deno, file, {
      fcntl: { parameters: ['i32', 'i32', 'buffer'], result: 'i32' },
      flock: { parameters: ['i32', 'i32'], result: 'i32' },
      [errnoName]: { parameters: [], result: 'pointer' },
    })
    return {
      call: (name, ...args) => numberFrom(symbols, name, args),
      errno: () => numberFrom(Reflect.construct(View, [invoke(symbols, errnoName, [])]), 'getInt32', []),
    }
  }
}

function functionsOf(runtime: unknown, file: string, signatures: object): unknown {
  return propertyOf(invoke(runtime, 'dlopen', [file, signatures]), 'symbols')
}

function numberFrom(holder: unknown, name: string, args: readonly unknown[]): number {
  return Number(invoke(holder, name, args))
}

function invoke(holder: unknown, name: string, args: readonly unknown[]): unknown {
  const method = propertyOf(holder, name)
  if (typeof method !== 'function') throw new Error(`there is no ${name}`)
  return Reflect.apply(method, holder, args)
}

function propertyOf(value: unknown, name: string): unknown {
  return (typeof value === 'object' && value !== null) || typeof value === 'function' ? Reflect.get(value, name) : undefined
}
