import type { ListingDriver, LockingDriver, RewritingDriver } from '../../src/contracts/driver.ts'
import { stagger } from '../manager/support/rng.ts'
import type { Rng } from '../manager/support/rng.ts'

export type WholeDriver = LockingDriver & ListingDriver & RewritingDriver

/** A driver whose questions arrive, and whose answers come back, when chance says so: in any order. */
export function delayed(driver: WholeDriver, rng: Rng): WholeDriver {
  return new Proxy(driver, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return async (...given: unknown[]): Promise<unknown> => {
        await stagger(rng)
        const answer: unknown = await Reflect.apply(value, target, given)
        await stagger(rng)
        return answer
      }
    },
  })
}
