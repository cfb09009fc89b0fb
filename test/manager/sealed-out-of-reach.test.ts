import { describe, expect, it } from 'vitest'
import type { Serializer } from '../../src/contracts/serializer.ts'
import { NativeSerializer } from '../../src/serializers/native.ts'
import { SessionError } from '../../src/session/errors.ts'
import { openSealedShop } from '../support/sealed-shop.ts'
import type { SealedProcess, SealedShop } from '../support/sealed-shop.ts'
import { codeOf, failureOf, visit } from './support/shop.ts'
import type { Options } from './support/shop.ts'

type Step = 'prepare' | 'restore'

/** A serializer of somebody else's, which asks a service about each text: it may be out of reach at any of them. */
class Asking implements Serializer {
  failure: SessionError | undefined
  step: Step = 'restore'
  /** Texts that are asked about before it fails. */
  texts = 0
  readonly #inner = new NativeSerializer()
  readonly #answersLater: boolean

  constructor(answersLater: boolean) {
    this.#answersLater = answersLater
  }

  prepare(...asked: Parameters<NativeSerializer['prepare']>): ReturnType<Serializer['prepare']> {
    return this.#answer('prepare', () => this.#inner.prepare(...asked))
  }

  restore(text: string): ReturnType<Serializer['restore']> {
    return this.#answer('restore', () => this.#inner.restore(text))
  }

  #answer<Answer>(step: Step, give: () => Answer): Answer | Promise<Answer> {
    const answer = (): Answer => {
      if (this.failure !== undefined && step === this.step && this.texts-- <= 0) throw this.failure
      return give()
    }
    return this.#answersLater ? Promise.resolve().then(answer) : answer()
  }
}

async function scene(answersLater: boolean, options: Options = {}): Promise<SealedShop & SealedProcess & { asking: Asking; id: string }> {
  const shop = openSealedShop()
  const asking = new Asking(answersLater)
  const process = shop.processWith(asking, options)
  return { ...shop, ...process, asking, id: await process.stored() }
}

const UNREACHABLE = SessionError.driverFailed('keys', 'The service gave no answer.')
const MISTAKEN = SessionError.config('keys', 'has no key that seals.')

describe.each([false, true])('a serializer whose keys are out of reach (answers later: %s)', (answersLater) => {
  it.each([0, 1])('is a store that failed, and no session that cannot be read (text %i)', async (texts) => {
    const { sessions, events, asking, id, recordOf, idle, peek } = await scene(answersLater)
    const before = await recordOf(id)
    for (const concurrency of ['exclusive', 'readonly'] as const) {
      Object.assign(asking, { failure: UNREACHABLE, texts })
      events.length = 0
      expect(await failureOf(visit(sessions, id, { concurrency }))).toBe(UNREACHABLE)
      expect(events).toEqual([expect.objectContaining({ kind: 'refused', reason: 'store-error' })])
    }
    expect(await recordOf(id)).toEqual(before)
    asking.failure = undefined
    expect(await peek(id)).toMatchObject({ n: 0 })
    await idle()
  })

  it('is excused by onStoreError: anonymous, not by onUnreadable: new', async () => {
    const { sessions, asking, id, idle } = await scene(answersLater, { onStoreError: 'anonymous', onUnreadable: 'throw' })
    asking.failure = UNREACHABLE
    const open = await visit(sessions, id)
    expect([open.session.isNew, open.session.all()]).toEqual([true, {}])
    expect(() => open.session.set('n', 1)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_READONLY' }))
    expect(await open.commit()).toEqual({ setCookie: undefined })
    await idle()
  })

  it('fails a commit and a reload, which end nothing', async () => {
    const { sessions, asking, id, idle, peek } = await scene(answersLater)
    const session = await sessions.start(id)
    session.increment('n')
    asking.failure = UNREACHABLE
    expect(await codeOf(session.reload())).toBe('ERR_SESSION_DRIVER_FAILED')
    asking.step = 'prepare'
    expect(await failureOf(session.save())).toBe(UNREACHABLE)
    asking.failure = undefined
    expect(await peek(id)).toMatchObject({ n: 0 })
    await idle()
  })

  it('whose keys are a mistake says so, whatever may be excused', async () => {
    const { sessions, asking, id, recordOf, idle } = await scene(answersLater, { onStoreError: 'anonymous', onUnreadable: 'new' })
    const before = await recordOf(id)
    asking.failure = MISTAKEN
    expect(await failureOf(visit(sessions, id))).toBe(MISTAKEN)
    expect(await recordOf(id)).toEqual(before)
    await idle()
  })
})
