import type { SessionEventKind, SessionEvents, SessionListener } from '../contracts/events.ts'
import { detailOf } from '../session/failure-detail.ts'

/** Cursors of a list are made of keys. */
const NO_KEYS = { key: undefined, oldKey: undefined, cursor: undefined }

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
    const told = { ...event, ...('cause' in event && { detail: detailOf(event.cause) }), ...(this.#hidesKeys && NO_KEYS) }
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
