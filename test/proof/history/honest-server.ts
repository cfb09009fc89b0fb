// What a store without a fault answers: the model that honest histories come from.
import type { IdName, LastCookie, Leftovers, Seen } from '../../../proof/history/event.ts'

interface Kept {
  seen: Seen
  id: IdName
}

/** Where an id leads: to a session, to a newer id, or nowhere. */
type Lead = { readonly session: string } | { readonly newer: IdName } | undefined

export class HonestServer {
  readonly #sessions = new Map<string, Kept>()
  readonly #leads = new Map<IdName, Lead>()
  #ids = 0

  create(mark: string): IdName {
    const id = this.#newId(mark)
    this.#sessions.set(mark, { seen: { mark, value: undefined, counter: 0, twin: 0 }, id })
    return id
  }

  see(id: IdName | undefined): Seen | 'new' {
    return this.#kept(id)?.seen ?? 'new'
  }

  idNow(id: IdName | undefined): IdName | undefined {
    return this.#kept(id)?.id
  }

  /** Whether the session was there to be changed. */
  change(id: IdName | undefined, changed: (seen: Seen) => Seen): boolean {
    const kept = this.#kept(id)
    if (kept !== undefined) kept.seen = changed(kept.seen)
    return kept !== undefined
  }

  regenerate(id: IdName | undefined, endsOld: boolean): IdName | undefined {
    const kept = this.#kept(id)
    if (kept === undefined) return undefined
    const newer = this.#newId(kept.seen.mark)
    this.#leads.set(kept.id, endsOld ? undefined : { newer })
    kept.id = newer
    return newer
  }

  destroy(id: IdName | undefined): void {
    const kept = this.#kept(id)
    if (kept !== undefined) this.#sessions.delete(kept.seen.mark)
  }

  /** @param jar the last cookie of each session. */
  leftovers(jar: ReadonlyMap<string, IdName>): Leftovers {
    const records = [...this.#sessions.values()].map(({ seen, id }) => ({ key: `record of ${id}`, content: seen }))
    const cookies = [...jar].map(([session, id]): LastCookie => ({ process: 'last', session, id, found: this.see(id) }))
    return { records, locks: [], pieces: [], cookies }
  }

  #newId(session: string): IdName {
    this.#ids += 1
    const id = `id${this.#ids}`
    this.#leads.set(id, { session })
    return id
  }

  #kept(id: IdName | undefined): Kept | undefined {
    if (id === undefined) return undefined
    const lead = this.#leads.get(id)
    if (lead === undefined) return undefined
    return 'newer' in lead ? this.#kept(lead.newer) : this.#sessions.get(lead.session)
  }
}
