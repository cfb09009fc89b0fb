import { isObject } from './plain.ts'

/**
 * A module of the runtime's own, where there is such a thing: Node, Bun, Deno, and Workers with `nodejs_compat` answer, others do not.
 * The core imports nothing from `node:`, so that it runs where there is none.
 */
export function builtin(name: string): object | undefined {
  const process: unknown = Reflect.get(globalThis, 'process')
  if (!isObject(process)) return undefined
  const load: unknown = Reflect.get(process, 'getBuiltinModule')
  if (typeof load !== 'function') return undefined
  const found: unknown = Reflect.apply(load, process, [name])
  return isObject(found) ? found : undefined
}

/** A repeating timer that keeps no process alive. */
export function quietInterval(callback: () => void, ms: number): ReturnType<typeof setInterval> {
  return quiet(setInterval(callback, ms))
}

/** A timer that goes off once and keeps no process alive. */
export function quietTimeout(callback: () => void, ms: number): ReturnType<typeof setTimeout> {
  return quiet(setTimeout(callback, ms))
}

function quiet(timer: ReturnType<typeof setTimeout>): ReturnType<typeof setTimeout> {
  if (typeof timer === 'object' && 'unref' in timer) timer.unref()
  return timer
}
