import type {
  CommitOptions,
  CommitResult,
  Destroyed,
  Durations,
  Found,
  Lease,
  MarkerWrite,
  RecordWrite,
  TextsWrite,
  UpdateResult,
  Version,
} from '../../contracts/driver.ts'
import { SessionError, isSessionError } from '../../session/errors.ts'
import type { StoreKey } from '../../session/id.ts'
import type { Asked } from '../known-leases.ts'
import type { MarkAnswer } from '../replace.ts'
import type { ReadBack } from '../settle.ts'
import { ABSENT, BUSY, CONFLICT, DONE, LOST, OTHER_USER, UNREADABLE } from './answers.ts'
import type { Argument } from './bridges/bridge.ts'
import {
  durationArguments,
  leaseArguments,
  milliseconds,
  recordArguments,
  stepArguments,
  textArguments,
  tokenBytes,
  tokensOf,
  versionArguments,
} from './script-arguments.ts'
import { type Head, decodeContent, decodeHead, markerBody } from './layout.ts'
import type { RedisLine, ReplicaWait } from './line.ts'
import { type Reply, replyOf } from './replies.ts'
import { ACQUIRE } from './scripts/acquire.ts'
import { COMMIT, RELEASE } from './scripts/commit.ts'
import { DESTROY } from './scripts/destroy.ts'
import { INSERT } from './scripts/insert.ts'
import { RENEW } from './scripts/leases.ts'
import { MARK } from './scripts/mark.ts'
import { PEEK, READ, SURVEY } from './scripts/read.ts'
import type { Script } from './scripts/script.ts'
import { REWRITE, TOUCH, UPDATE } from './scripts/update.ts'
import { textField } from './text-fields.ts'

type Inserted = { readonly version: Version; readonly expiresAt: number } | undefined

/** What was removed, and whose it was. */
export interface Removed {
  readonly destroyed: Destroyed
  readonly userId: string | undefined
}

export type Updated = UpdateResult | { readonly kind: 'other user' }

const ROTATION = textField('rotation')
const LONGEST_MS = 100 * 365 * 24 * 3_600_000

/** The sessions in Redis: each method is one script on one key, carried out as a whole. */
export class RedisStore {
  readonly #line: RedisLine
  readonly #prefix: string
  readonly #wait: ReplicaWait | undefined

  constructor(line: RedisLine, prefix: string, wait: ReplicaWait | undefined) {
    this.#line = line
    this.#prefix = prefix
    this.#wait = wait
  }

  read(key: StoreKey): Promise<Found | undefined> {
    return this.#run('read', READ, key, [], (reply) => (reply.answer === ABSENT ? undefined : foundIn(key, reply)))
  }

  /** What is known of what lives there, without its contents. */
  peek(operation: string, key: StoreKey): Promise<Head | undefined> {
    return this.#run(operation, PEEK, key, [], (reply) => (reply.answer === ABSENT ? undefined : headIn(key, reply)))
  }

  /** What lies there, dead or alive, without its contents. */
  survey(key: StoreKey): Promise<{ readonly now: number; readonly value: Buffer; readonly bytes: number } | undefined> {
    return this.#run('survey', SURVEY, key, [], (reply) =>
      reply.answer === ABSENT ? undefined : { now: reply.number(1), value: reply.bytes(2), bytes: reply.number(3) },
    )
  }

  async readBack(operation: string, key: StoreKey): Promise<ReadBack | undefined> {
    const head = await this.peek(operation, key)
    return head && { version: head.version, isMarker: head.kind === 'marker', expiresAt: head.expiresAt }
  }

  async insert(key: StoreKey, write: RecordWrite, lease?: { readonly token: string; readonly leaseMs: number }): Promise<Inserted> {
    const args = [...recordArguments(write), ...leaseArguments(lease?.token, lease?.leaseMs ?? 0)]
    try {
      return await this.#write('insert', INSERT, key, args, (reply) => {
        if (reply.answer === ABSENT) return undefined
        return { version: { counter: 1, writeToken: write.writeToken }, expiresAt: reply.number(1) }
      })
    } catch (error) {
      // Nobody will be told of its id: it must not stand among the user's sessions.
      if (isTooFewReplicas(error)) await this.#run('insert', DESTROY, key, [ROTATION], () => undefined).catch(() => undefined)
      throw error
    }
  }

  /** `other user`: nothing was written, since the session had another user, or none. `mayChangeUser` lets it. */
  async update(key: StoreKey, write: RecordWrite, version: Version, mayChangeUser: boolean): Promise<Updated> {
    const user = mayChangeUser || write.userId === undefined ? '' : textField(write.userId)
    const args = [...recordArguments(write), ...versionArguments(version), user]
    return this.#write('update', UPDATE, key, args, (reply): Updated => {
      if (reply.answer === OTHER_USER) return { kind: 'other user' }
      if (reply.answer !== DONE) return REFUSED[reply.answer] ?? { kind: 'gone' }
      return { kind: 'written', version: next(version, write), expiresAt: reply.number(1) }
    })
  }

  async touch(key: StoreKey, durations: Durations, version: Version | undefined): Promise<UpdateResult> {
    const args = [...durationArguments(durations), ...(version === undefined ? ['', ''] : versionArguments(version))]
    return this.#run('touch', TOUCH, key, args, (reply): UpdateResult => {
      if (reply.answer !== DONE) return REFUSED[reply.answer] ?? { kind: 'gone' }
      const head = headIn(key, reply)
      return { kind: 'written', version: head.version, expiresAt: head.expiresAt }
    })
  }

  rewrite(key: StoreKey, texts: TextsWrite, version: Version): Promise<UpdateResult> {
    const args = [...textArguments(texts), ...versionArguments(version)]
    return this.#write('rewrite', REWRITE, key, args, (reply): UpdateResult => {
      if (reply.answer !== DONE) return REFUSED[reply.answer] ?? { kind: 'gone' }
      return { kind: 'written', version: next(version, texts), expiresAt: reply.number(1) }
    })
  }

  acquire(key: StoreKey, token: string, leaseMs: number): Promise<Asked> {
    const bytes = tokenBytes(token)
    if (bytes === undefined)
      return Promise.reject(SessionError.invalidArgument('acquire', 'the token of a lease is 32 lowercase hex digits.'))
    return this.#run('acquire', ACQUIRE, key, [bytes, milliseconds(leaseMs)], (reply): Asked | Promise<Asked> => {
      if (reply.answer === BUSY) return { kind: 'busy' }
      if (reply.answer === ABSENT) return { kind: 'absent' }
      try {
        return foundIn(key, reply)
      } catch (error) {
        return this.#unlockDamaged(key, token, error)
      }
    })
  }

  commit(lease: Lease, write: RecordWrite, { keepLease, leaseMs }: CommitOptions): Promise<CommitResult> {
    const tokens = tokensOf(lease, keepLease)
    if (tokens === undefined) return Promise.resolve({ kind: 'lost' })
    const args = [...recordArguments(write, tokens), String(tokens.length), ...stepArguments(lease, keepLease, leaseMs)]
    return this.#write('commit', COMMIT, lease.key, args, (reply) => {
      if (reply.answer !== DONE) return { kind: reply.answer === LOST ? 'lost' : 'gone' }
      return committed(lease.key, next(lease.version, write), reply.number(1), keepLease)
    })
  }

  async release(lease: Lease, { keepLease, leaseMs, touch }: CommitOptions): Promise<CommitResult> {
    const tokens = tokensOf(lease, keepLease)
    if (tokens === undefined) return { kind: 'lost' }
    const args = [tokens, ...stepArguments(lease, keepLease, leaseMs), ...durationArguments(touch)]
    return this.#run('commit', RELEASE, lease.key, args, (reply): CommitResult => {
      if (reply.answer !== DONE) return { kind: reply.answer === LOST ? 'lost' : 'gone' }
      return committed(lease.key, lease.version, reply.number(1), keepLease)
    })
  }

  async mark(lease: Lease, write: MarkerWrite | undefined): Promise<MarkAnswer> {
    const held = tokenBytes(lease.token)
    if (held === undefined) return { kind: 'lost' }
    const body = write === undefined ? { bytes: '', aboutBytes: 0 } : markerBody(write)
    const bounds = [milliseconds(write?.minimumMs ?? 0), milliseconds(write?.maximumMs ?? LONGEST_MS)]
    const args = [held, ...versionArguments(lease.version), body.bytes, String(body.aboutBytes), ...bounds]
    // It waits for no replica: the new record has done so. If this step is forgotten, the old id is what it was before.
    return this.#run('replace', MARK, lease.key, args, ({ answer }): MarkAnswer => {
      if (answer === DONE) return { kind: 'written' }
      return { kind: answer === LOST ? 'lost' : 'gone' }
    })
  }

  renew(key: StoreKey, token: string, leaseMs: number): Promise<boolean> {
    return this.#retime('renew', key, token, milliseconds(leaseMs))
  }

  unlock(key: StoreKey, token: string): Promise<boolean> {
    return this.#retime('unlock', key, token, '0')
  }

  destroy(operation: string, key: StoreKey): Promise<Removed> {
    return this.#write(operation, DESTROY, key, [ROTATION], (reply): Removed => {
      if (reply.answer === ABSENT) return { destroyed: { kind: 'nothing' }, userId: undefined }
      const head = decodeHead(reply.bytes(2))
      if (head?.kind === 'marker') return { destroyed: { kind: 'marker', marker: head.marker }, userId: undefined }
      return { destroyed: { kind: 'record' }, userId: head?.metadata.userId }
    })
  }

  #retime(operation: string, key: StoreKey, token: string, leaseMs: string): Promise<boolean> {
    const held = tokenBytes(token)
    return held === undefined ? Promise.resolve(false) : this.#run(operation, RENEW, key, [held, leaseMs], ({ answer }) => answer === DONE)
  }

  /** The header stood, what follows is damaged: it is not held either. */
  async #unlockDamaged(key: StoreKey, token: string, error: unknown): Promise<never> {
    await this.unlock(key, token).catch(() => undefined)
    throw error
  }

  #run<Answer>(
    operation: string,
    script: Script,
    key: StoreKey,
    args: readonly Argument[],
    read: (reply: Reply) => Answer | Promise<Answer>,
  ): Promise<Answer> {
    return this.#line.run(operation, script, this.#prefix + key, args, (reply) => read(readable(key, replyOf(reply))))
  }

  /** For writes that are to outlive their master, where that was asked for. */
  #write<Answer>(
    operation: string,
    script: Script,
    key: StoreKey,
    args: readonly Argument[],
    read: (reply: Reply) => Answer,
  ): Promise<Answer> {
    const wait = this.#wait
    return wait === undefined ? this.#run(operation, script, key, args, read) : this.#writeAndWait(operation, script, key, args, read, wait)
  }

  async #writeAndWait<Answer>(
    operation: string,
    script: Script,
    key: StoreKey,
    args: readonly Argument[],
    read: (reply: Reply) => Answer,
    wait: ReplicaWait,
  ): Promise<Answer> {
    const { reply, replicas } = await this.#line.runAndWait(operation, script, this.#prefix + key, args, wait)
    const answer = readable(key, replyOf(reply))
    if (answer.answer === DONE && replicas < wait.replicas) {
      const why = `It was carried out on the master, and ${replicas} of ${wait.replicas} replicas had it within ${wait.timeoutMs / 1000} seconds.`
      throw SessionError.driverFailed(
        operation,
        `${why} It stands unless the master is lost now. Look at the replicas, or ask for fewer.`,
        {
          cause: new TooFewReplicas(why),
        },
      )
    }
    return read(answer)
  }
}

/** A write is on the master, and too few replicas have said that they have it. */
class TooFewReplicas extends Error {
  override readonly name = 'TooFewReplicas'
}

function isTooFewReplicas(error: unknown): boolean {
  return isSessionError(error) && error.cause instanceof TooFewReplicas
}

const REFUSED: Readonly<Record<number, UpdateResult>> = { [BUSY]: { kind: 'busy' }, [CONFLICT]: { kind: 'conflict' } }

function committed(key: StoreKey, version: Version, expiresAt: number, keepLease: string | undefined): CommitResult {
  const lease = keepLease === undefined ? undefined : { key, token: keepLease, version }
  return { kind: 'written', version, expiresAt, lease, readBack: false }
}

function next({ counter }: Version, { writeToken }: Pick<RecordWrite, 'writeToken'>): Version {
  return { counter: counter + 1, writeToken }
}

function readable(key: StoreKey, reply: Reply): Reply {
  if (reply.answer === UNREADABLE) throw SessionError.unreadable(key, 'what lies there is no session of this driver, or is damaged')
  return reply
}

function foundIn(key: StoreKey, reply: Reply): Found {
  const content = decodeContent(reply.bytes(2))
  if (content === undefined) throw SessionError.unreadable(key, 'it is damaged')
  return { ...content, now: reply.number(1) }
}

function headIn(key: StoreKey, reply: Reply): Head {
  const head = decodeHead(reply.bytes(2))
  if (head === undefined) throw SessionError.unreadable(key, 'it is damaged')
  return head
}
