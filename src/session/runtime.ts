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

/**
 * True where the runtime stops with the response: a Worker drops what goes on behind it, and a function of AWS Lambda and its kind is frozen. A lock that
 * goes back only then stays until its lease ends, and in a Worker nobody who waits for it in line is let in any more.
 */
export const stopsWithResponse: boolean = globalAt('navigator', 'userAgent') === 'Cloudflare-Workers' || isLambda()

function isLambda(): boolean {
  // Deno asks for leave to look into the environment.
  return !Reflect.has(globalThis, 'Deno') && globalAt('process', 'env', 'AWS_LAMBDA_FUNCTION_NAME') !== undefined
}

function globalAt(...path: readonly string[]): unknown {
  return path.reduce<unknown>((place, name) => (isObject(place) ? Reflect.get(place, name) : undefined), globalThis)
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
