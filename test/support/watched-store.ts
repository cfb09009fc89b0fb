import type { CommitResult, RecordWrite, UpdateResult } from '../../src/contracts/driver.ts'
import { ShakyStore } from './shaky-store.ts'

/** What the payloads of a history hold. */
export interface Content {
  /** The session, whatever key it has. */
  readonly sid: string
  /** Who wrote. */
  readonly ops: readonly string[]
}

/** A history broke a rule. */
export class Violation extends Error {}

/** What is written is checked as it comes to stand in the store. */
export class WatchedStore extends ShakyStore {
  override update(...args: Parameters<ShakyStore['update']>): UpdateResult {
    const answer = super.update(...args)
    if (answer.kind === 'written') checkOnce(args[1])
    return answer
  }

  override commit(...args: Parameters<ShakyStore['commit']>): CommitResult {
    const answer = super.commit(...args)
    if (answer.kind === 'written' && args[1] !== undefined) checkOnce(args[1])
    return answer
  }
}

export function contentOf(record: { readonly payload: string }): Content {
  return JSON.parse(record.payload) as Content
}

function checkOnce(write: RecordWrite): void {
  const { sid, ops } = contentOf(write)
  if (new Set(ops).size !== ops.length) throw new Violation(`a write was carried out twice in ${sid}`)
}
