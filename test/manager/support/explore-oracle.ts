import type { CommitResult, RecordWrite } from '../../../src/contracts/driver.ts'
import type { StoreKey } from '../../../src/session/id.ts'
import type { Session } from '../../../src/session/session.ts'
import { ShakyStore } from '../../support/shaky-store.ts'
import { keyOf } from './shop.ts'

/** A history broke a rule. */
export class Violation extends Error {}

interface Content {
  /** The sessions that this one was; a login makes another one of it. */
  readonly line: readonly string[]
  /** The increments that it holds. */
  readonly ops: readonly string[]
}

/** What a request could know of when it came. */
export interface Past {
  readonly ended: ReadonlySet<string>
  readonly replaced: ReadonlySet<string>
}

/** Checks what is written as it comes to stand in the store. */
export class CheckedStore extends ShakyStore {
  override insert(...args: Parameters<ShakyStore['insert']>): ReturnType<ShakyStore['insert']> {
    const answer = super.insert(...args)
    if (answer !== undefined) checkOnce(args[1])
    return answer
  }

  override commit(...args: Parameters<ShakyStore['commit']>): CommitResult {
    const answer = super.commit(...args)
    if (answer.kind === 'written' && args[1] !== undefined) checkOnce(args[1])
    return answer
  }
}

/** It sees everything and takes part in nothing. */
export class Oracle {
  readonly #store: ShakyStore
  readonly #acked: { readonly op: string; readonly sid: string }[] = []
  readonly #nextSids = new Map<string, string[]>()
  /** Sessions that somebody has begun to end, and those whose end was acknowledged. */
  readonly #ending = new Set<string>()
  readonly #ended = new Set<string>()
  /** Ids that an acknowledged login has replaced. */
  readonly #replaced = new Set<string>()
  /** Where each marker leads, by its write token. */
  readonly moves = new Map<string, StoreKey>()
  /** Ids that a browser was given, and those that nobody ever made. */
  readonly issued = new Set<string>()
  readonly invented = new Set<string>()
  acknowledged = 0

  constructor(store: ShakyStore) {
    this.#store = store
  }

  past(): Past {
    return { ended: new Set(this.#ended), replaced: new Set(this.#replaced) }
  }

  /** A request was given this session. */
  served(session: Session, cookie: string, past: Past): void {
    if (session.isNew) return
    const sid = sidOf(session)
    if (past.ended.has(sid)) throw new Violation(`${sid} was served after its end was acknowledged`)
    if (past.replaced.has(cookie)) throw new Violation(`an id that a login replaced opened ${sid}`)
    if (this.invented.has(cookie)) throw new Violation(`an invented id opened ${sid}`)
  }

  /** A request was told that its increment is stored. */
  acknowledge(op: string, sid: string): void {
    this.#acked.push({ op, sid })
    this.acknowledged += 1
  }

  login(from: string, to: string): void {
    this.#nextSids.set(from, [...(this.#nextSids.get(from) ?? []), to])
  }

  loginAcknowledged(oldId: string): void {
    this.#replaced.add(oldId)
  }

  ending(sid: string): void {
    this.#ending.add(sid)
  }

  endAcknowledged(sid: string): void {
    this.#ended.add(sid)
  }

  /** What must hold when everything has come to its end. */
  checkEnd(): void {
    for (const id of this.invented) if (this.#store.rows.has(keyOf(id))) throw new Violation('an invented id was adopted')
    const alive = this.#reachable()
    for (const { line } of alive) if (this.#ended.has(line.at(-1) ?? '')) throw new Violation(`${line.at(-1)} is there after its end`)
    for (const { op, sid } of this.#acked) {
      if (this.#mayHaveEnded(sid)) continue
      const found = alive.filter(({ line }) => line.includes(sid))
      if (found.length > 1) throw new Violation(`${sid} lives twice`)
      if (!found[0]?.ops.includes(op)) throw new Violation(`the increment of ${op} was acknowledged and is not in ${sid}`)
    }
  }

  /** The sessions that a browser's ids lead to. */
  #reachable(): Content[] {
    const keys = new Set<StoreKey>()
    for (const id of this.issued) {
      let key: StoreKey | undefined = keyOf(id)
      for (let row = this.#store.rows.get(key); row?.marker !== undefined; row = key && this.#store.rows.get(key)) {
        key = this.moves.get(row.version.writeToken)
      }
      if (key !== undefined && this.#store.rows.get(key)?.record !== undefined) keys.add(key)
    }
    return [...keys].flatMap((key) => contentOf(this.#store.rows.get(key)?.record) ?? [])
  }

  #mayHaveEnded(sid: string): boolean {
    return this.#ending.has(sid) || (this.#nextSids.get(sid) ?? []).some((next) => this.#mayHaveEnded(next))
  }
}

export function sidOf(session: Session): string {
  return (session.get('line') as string[]).at(-1) ?? ''
}

function contentOf(record: Pick<RecordWrite, 'payload'> | undefined): Content | undefined {
  return record && (JSON.parse(record.payload) as Content)
}

function checkOnce(write: RecordWrite): void {
  const ops = contentOf(write)?.ops ?? []
  if (new Set(ops).size !== ops.length) throw new Violation('an increment was carried out twice')
}
