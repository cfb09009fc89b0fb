import type { SessionEventKind, SessionEvents, SessionListener } from '../contracts/events.ts'
import { detailOf } from '../session/failure-detail.ts'
import { checkFunction, knownFields } from '../session/option-check.ts'
import { channelOf } from './channels.ts'

const KINDS =
  'created started committed discarded regenerated destroyed released expired refused trouble collected revoked limit resealed'.split(' ')
/** Cursors of a list are made of keys. */
const NO_KEYS = { key: undefined, oldKey: undefined, cursor: undefined }

type Listeners = { [Kind in SessionEventKind]?: Set<SessionListener<Kind>> }

/** Tells listeners and diagnostics channels what happened. A listener that throws stops nothing: neither the request nor the other listeners. */
export class EventHub {
  readonly #listeners: Listeners = {}
  readonly #manager: string
  readonly #hidesKeys: boolean

  /**
   * @param manager Tells the channels, which all managers share, whose event it is.
   * @param hidesKeys True where keys are ids, which no event may hold.
   */
  constructor(manager: string, hidesKeys: boolean) {
    this.#manager = manager
    this.#hidesKeys = hidesKeys
  }

  /** Adds a listener; the answer removes it. */
  on<Kind extends SessionEventKind>(kind: Kind, listener: SessionListener<Kind>): () => void {
    knownFields('on', { [kind]: 0 }, KINDS)
    checkFunction(`on.${kind}`, listener ?? null)
    const listeners: Set<SessionListener<Kind>> = (this.#listeners[kind] ??= new Set<never>())
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  /** Whether anybody would be told: where the answer is no, an event is not worth the clock or the object that it needs. */
  hears(kind: SessionEventKind): boolean {
    return (this.#listeners[kind]?.size ?? 0) > 0 || channelOf(kind)?.hasSubscribers === true
  }

  emit<Kind extends SessionEventKind>(kind: Kind, event: SessionEvents[Kind]): void {
    if (!this.hears(kind)) return
    const told = { ...event, ...('cause' in event && { detail: detailOf(event.cause) }), ...(this.#hidesKeys && NO_KEYS) }
    const listeners: Set<SessionListener<Kind>> | undefined = this.#listeners[kind]
    // A copy: one that listens again while it listens hears the next event, not this one for ever.
    for (const listener of Array.from(listeners ?? [])) {
      try {
        const answer: unknown = listener(told)
        if (answer instanceof Promise) answer.catch(ignore)
      } catch {
        ignore()
      }
    }
    const channel = channelOf(kind)
    if (channel?.hasSubscribers !== true) return
    try {
      channel.publish({ ...told, kind, manager: this.#manager })
    } catch {
      ignore()
    }
  }
}

/** What a listener does with an event must not decide what a request gets, nor end the process. */
function ignore(): void {}
