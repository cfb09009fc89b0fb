import type { SessionEventKind, SessionEvents, SessionListener } from '../contracts/events.ts'

type Listeners = { [Kind in SessionEventKind]?: Set<SessionListener<Kind>> }

/** Tells listeners what happened. A listener that throws stops nothing: neither the request nor the other listeners. */
export class EventHub {
  readonly #listeners: Listeners = {}
  readonly #hidesKeys: boolean

  /** @param hidesKeys True where keys are ids, which no event may hold. */
  constructor(hidesKeys: boolean) {
    this.#hidesKeys = hidesKeys
  }

  /** Adds a listener; the answer removes it. */
  on<Kind extends SessionEventKind>(kind: Kind, listener: SessionListener<Kind>): () => void {
    const listeners: Set<SessionListener<Kind>> = (this.#listeners[kind] ??= new Set<never>())
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  emit<Kind extends SessionEventKind>(kind: Kind, event: SessionEvents[Kind]): void {
    const listeners: Set<SessionListener<Kind>> | undefined = this.#listeners[kind]
    if (listeners === undefined) return
    const told = this.#hidesKeys ? { ...event, key: undefined, oldKey: undefined } : event
    for (const listener of listeners) {
      try {
        const answer: unknown = listener(told)
        if (answer instanceof Promise) answer.catch(ignore)
      } catch {
        ignore()
      }
    }
  }
}

/** What a listener does with an event must not decide what a request gets, nor end the process. */
function ignore(): void {}
