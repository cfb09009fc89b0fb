/** Gives an object whose methods throw from `breakIt` until its answer is called. */
export function breakable<Store extends object>(store: Store): { readonly store: Store; readonly breakIt: () => () => void } {
  let isBroken = false
  const broken = (): never => {
    throw new Error('the store is down')
  }
  const handler: ProxyHandler<Store> = {
    get: (target, property) => {
      const value: unknown = Reflect.get(target, property)
      if (typeof value !== 'function') return value
      return isBroken ? broken : value.bind(target)
    },
  }
  return {
    store: new Proxy(store, handler),
    breakIt: () => {
      isBroken = true
      return () => {
        isBroken = false
      }
    },
  }
}
