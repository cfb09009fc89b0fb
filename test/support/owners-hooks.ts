import { onTestFinished } from 'vitest'

/** Does something before the next call of a method that all objects of a class have. It is taken away when the test is over. */
export function beforeNextCall(prototype: object, method: string, hook: () => Promise<void>): void {
  const original: unknown = Reflect.get(prototype, method)
  if (typeof original !== 'function') throw new TypeError(`there is no method ${method}`)
  const putBack = (): void => void Reflect.set(prototype, method, original)
  onTestFinished(putBack)
  Reflect.set(prototype, method, async function hooked(this: unknown, ...given: unknown[]): Promise<unknown> {
    putBack()
    await hook()
    return await Reflect.apply(original, this, given)
  })
}
