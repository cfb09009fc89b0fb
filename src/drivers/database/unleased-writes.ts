import type { Durations, RecordWrite, TextsWrite, UpdateResult, Version } from '../../contracts/driver.ts'
import type { StoreKey } from '../../session/id.ts'
import { sameVersion } from '../instants.ts'
import type { DialectOf } from './dialects/dialect.ts'
import type { Updated } from './found.ts'
import type { SqlLine } from './line.ts'
import { durationValues, recordValues, textValues, versionValues } from './record-values.ts'
import { type Head, wholeNumber } from './rows.ts'
import { type NamedStatement, type Parameters, TRIES } from './statement.ts'
import { textOf } from './texts.ts'

type Peek = (operation: string, key: StoreKey) => Promise<Head | undefined>

/** Writes to what nobody has leased. When a condition is not met, a look says why. */
export class UnleasedWrites {
  readonly #line: SqlLine
  readonly #dialect: DialectOf
  readonly #peek: Peek

  constructor(line: SqlLine, dialect: DialectOf, peek: Peek) {
    this.#line = line
    this.#dialect = dialect
    this.#peek = peek
  }

  /** `other user`: nothing was written, since the session had another user, or none. `mayChangeUser` lets it. */
  async update(key: StoreKey, write: RecordWrite, version: Version, mayChangeUser: boolean): Promise<Updated> {
    const { update, updateOfUser } = this.#dialect.statements
    const values = { key, ...recordValues(write), ...versionValues(version) }
    const userId = mayChangeUser ? undefined : write.userId
    return this.#conditioned('update', userId === undefined ? update : updateOfUser, values, key, version, next(version, write), userId)
  }

  async touch(key: StoreKey, durations: Durations, version: Version | undefined): Promise<UpdateResult> {
    if (version === undefined) return this.#touchAny(key, durations)
    const values = { key, ...durationValues(durations), ...versionValues(version) }
    return ofAnyUser(await this.#conditioned('touch', this.#dialect.statements.touch, values, key, version, version))
  }

  async rewrite(key: StoreKey, texts: TextsWrite, version: Version): Promise<UpdateResult> {
    const values = { key, ...textValues(texts), ...versionValues(version) }
    return ofAnyUser(await this.#conditioned('rewrite', this.#dialect.statements.rewrite, values, key, version, next(version, texts)))
  }

  async #conditioned(
    operation: string,
    sql: NamedStatement,
    values: Partial<Parameters>,
    key: StoreKey,
    version: Version,
    written: Version,
    userId?: string,
  ): Promise<Updated> {
    for (let tries = 0; tries < TRIES; tries++) {
      const expiresAt = await this.#line.run(operation, sql, values, this.#dialect.written)
      if (expiresAt !== undefined) return { kind: 'written', version: written, expiresAt }
      const head = await this.#peek(operation, key)
      if (head?.metadata === undefined) return { kind: 'gone' }
      if (head.leaseEndsAt > head.now) return { kind: 'busy' }
      if (!sameVersion(head.version, version)) return { kind: 'conflict' }
      if (userId !== undefined && head.metadata.userId !== userId) return { kind: 'other user' }
    }
    return { kind: 'busy' }
  }

  /** At any version. Where an update cannot say which it found, at the one that a look has found. */
  async #touchAny(key: StoreKey, durations: Durations): Promise<UpdateResult> {
    const { touch } = this.#dialect.statements
    const values = { key, version: null, from: null, ...durationValues(durations) }
    for (let tries = 0; tries < TRIES; tries++) {
      const row = this.#dialect.canReturn === 'all' ? await this.#line.run('touch', touch, values, ({ rows }) => rows[0]) : undefined
      const [counter, expiresAt] = [wholeNumber(row?.['version']), wholeNumber(row?.['answer'])]
      const writeToken = textOf(row?.['write_token'])
      if (counter !== undefined && writeToken !== undefined && expiresAt !== undefined)
        return { kind: 'written', version: { counter, writeToken }, expiresAt }
      const head = await this.#peek('touch', key)
      if (head?.metadata === undefined) return { kind: 'gone' }
      if (head.leaseEndsAt > head.now) return { kind: 'busy' }
      const touched = await this.touch(key, durations, head.version)
      if (touched.kind !== 'conflict') return touched
    }
    return { kind: 'busy' }
  }
}

/** The version that a write makes of the one that it is conditioned on. */
export function next({ counter }: Version, { writeToken }: Pick<RecordWrite, 'writeToken'>): Version {
  return { counter: counter + 1, writeToken }
}

/** Of a statement that asks for no user. */
function ofAnyUser(updated: Updated): UpdateResult {
  return updated.kind === 'other user' ? { kind: 'conflict' } : updated
}
