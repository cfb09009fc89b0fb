type Listener = (...args: unknown[]) => void

/** What Node's `EventEmitter` has: `express-session` wants its stores to be one. */
export interface StoreEvents {
  on(event: string | symbol, listener: Listener): this
  once(event: string | symbol, listener: Listener): this
  off(event: string | symbol, listener: Listener): this
  addListener(event: string | symbol, listener: Listener): this
  removeListener(event: string | symbol, listener: Listener): this
  prependListener(event: string | symbol, listener: Listener): this
  prependOnceListener(event: string | symbol, listener: Listener): this
  removeAllListeners(event?: string | symbol): this
  /** Calls all listeners of an event, and says whether there are any. One that throws stops nothing. */
  emit(event: string | symbol, ...args: unknown[]): boolean
  eventNames(): (string | symbol)[]
  listenerCount(event: string | symbol): number
  listeners(event: string | symbol): Listener[]
  rawListeners(event: string | symbol): Listener[]
  /** There is no limit. */
  setMaxListeners(most: number): this
  getMaxListeners(): number
}

interface Entry {
  readonly listener: Listener
  readonly isOnce: boolean
}

/** Gives an object the methods of an emitter, without a module of Node's. */
export function withEvents<Target extends object>(target: Target): Target & StoreEvents {
  const known = new Map<string | symbol, Entry[]>()
  const entriesOf = (event: string | symbol): readonly Entry[] => known.get(event) ?? []
  const put = (event: string | symbol, entries: Entry[]): void =>
    void (entries.length > 0 ? known.set(event, entries) : known.delete(event))
  const adder = (isOnce: boolean, isFirst: boolean) => (event: string | symbol, listener: Listener) => {
    const entry = { listener, isOnce }
    put(event, isFirst ? [entry, ...entriesOf(event)] : [...entriesOf(event), entry])
    return emitter
  }
  const remove = (event: string | symbol, listener: Listener) => {
    const entries = [...entriesOf(event)]
    const at = entries.findLastIndex((entry) => entry.listener === listener)
    if (at >= 0) entries.splice(at, 1)
    put(event, entries)
    return emitter
  }
  const listeners = (event: string | symbol): Listener[] => entriesOf(event).map(({ listener }) => listener)
  const emitter = Object.assign(target, {
    on: adder(false, false),
    once: adder(true, false),
    addListener: adder(false, false),
    prependListener: adder(false, true),
    prependOnceListener: adder(true, true),
    off: remove,
    removeListener: remove,
    removeAllListeners: (event?: string | symbol) => {
      if (event === undefined) known.clear()
      else known.delete(event)
      return emitter
    },
    emit: (event: string | symbol, ...args: unknown[]) => {
      const entries = entriesOf(event)
      for (const { listener, isOnce } of entries) {
        if (isOnce) remove(event, listener)
        try {
          Reflect.apply(listener, emitter, args)
        } catch {
          // What a listener does must not decide what a request gets.
        }
      }
      return entries.length > 0
    },
    eventNames: () => [...known.keys()],
    listenerCount: (event: string | symbol) => entriesOf(event).length,
    listeners,
    rawListeners: listeners,
    setMaxListeners: () => emitter,
    getMaxListeners: () => Infinity,
  })
  return emitter
}
