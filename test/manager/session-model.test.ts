import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Session } from '../../src/session/session.ts'
import { SaltingSerializer } from '../support/salting-serializer.ts'
import { openShop } from './support/shop.ts'
import type { Options } from './support/shop.ts'

/** What a session is, in the simplest words. */
interface Model {
  data: Record<string, unknown>
  /** What this request sees, and which keys of it the next one will see. */
  flash: Record<string, unknown>
  next: Set<string>
  user: string | undefined
}

interface Act {
  readonly name: string
  readonly inModel: (model: Model, saved: Model) => Model
  readonly inSession: (session: Session) => unknown
}

const KEYS = ['a', 'b', 'c.d', 'c.e'] as const
const key = fc.constantFrom(...KEYS)
const flashKey = fc.constantFrom('x', 'y', 'z')
const value = fc.oneof(
  fc.integer(),
  fc.string(),
  fc.constant(null),
  fc.array(fc.integer(), { maxLength: 3 }),
  fc.date({ noInvalidDate: true }),
)

function act(name: string, inSession: Act['inSession'], inModel: (model: Model) => void): Act {
  return {
    name,
    inSession,
    inModel: (model) => {
      inModel(model)
      return model
    },
  }
}

const acts: fc.Arbitrary<Act>[] = [
  fc.tuple(key, value).map(([at, what]) =>
    act(
      `set ${at}`,
      (session) => session.set(at, structuredClone(what)),
      ({ data }) => (data[at] = what),
    ),
  ),
  key.map((at) =>
    act(
      `forget ${at}`,
      (session) => session.forget(at),
      ({ data }) => delete data[at],
    ),
  ),
  fc.integer({ min: -9, max: 9 }).map((by) =>
    act(
      `increment ${by}`,
      (session) => session.increment('n', by),
      ({ data }) => (data['n'] = Number(data['n'] ?? 0) + by),
    ),
  ),
  fc.tuple(flashKey, value).map(([at, what]) =>
    act(
      `flash ${at}`,
      (session) => session.flash(at, structuredClone(what)),
      ({ flash, next }) => {
        flash[at] = what
        next.add(at)
      },
    ),
  ),
  fc.tuple(flashKey, value).map(([at, what]) =>
    act(
      `now ${at}`,
      (session) => session.now(at, structuredClone(what)),
      ({ flash, next }) => {
        flash[at] = what
        next.delete(at)
      },
    ),
  ),
  flashKey.map((at) =>
    act(
      `keep ${at}`,
      (session) => session.keep(at),
      ({ flash, next }) => void (at in flash && next.add(at)),
    ),
  ),
  fc.constant(
    act(
      'reflash',
      (session) => session.reflash(),
      ({ flash, next }) => Object.keys(flash).forEach((at) => next.add(at)),
    ),
  ),
  fc.constantFrom('ada', 'eve', undefined).map((user) =>
    act(
      `user ${user}`,
      (session) => session.setUserId(user ?? null),
      (model) => void (model.user = user),
    ),
  ),
  fc.constant(
    act(
      'push in place',
      (session) => {
        const list = session.get('list') as number[] | undefined
        if (list === undefined) session.set('list', [1])
        else list.push(list.length + 1)
      },
      ({ data }) => {
        const list = (data['list'] ?? []) as number[]
        data['list'] = [...list, list.length + 1]
      },
    ),
  ),
  fc.boolean().map((destroy) =>
    act(
      `regenerate ${destroy}`,
      (session) => session.regenerate({ destroy }),
      () => undefined,
    ),
  ),
  fc.constant(
    act(
      'save',
      (session) => session.save({ keepOpen: true }),
      () => undefined,
    ),
  ),
  fc.constant({ name: 'invalidate', inSession: (session) => session.invalidate(), inModel: () => empty() } satisfies Act),
  fc.constant({ name: 'reload', inSession: (session) => session.reload(), inModel: (_, saved) => saved } satisfies Act),
]

const request = fc.record({ acts: fc.array(fc.oneof(...acts), { maxLength: 8 }), fails: fc.boolean() })

function empty(): Model {
  return { data: {}, flash: {}, next: new Set(), user: undefined }
}

function copied({ data, flash, next, user }: Model): Model {
  return { data: structuredClone(data), flash: structuredClone(flash), next: new Set(next), user }
}

/** What the store holds of a session, and what it is when it is read again in the request that saved it. */
function storedAs({ data, flash, next, user }: Model): Model {
  return copied({ data, flash: Object.fromEntries(Object.entries(flash).filter(([at]) => next.has(at))), next, user })
}

function expectSame(session: Session, model: Model): void {
  const { _token: _, ...data } = session.all() as Record<string, unknown>
  const nested: Record<string, unknown> = {}
  for (const [at, what] of Object.entries(model.data)) {
    const [first = '', second] = at.split('.')
    if (second === undefined) nested[first] = what
    else nested[first] = { ...(nested[first] as object), [second]: what }
  }
  if (nested['c'] === undefined && data['c'] !== undefined) nested['c'] = {} // the branch stays when its last leaf goes
  expect(data).toEqual(nested)
  for (const at of ['x', 'y', 'z']) expect([at, session.getFlash(at)]).toEqual([at, model.flash[at] ?? undefined])
  expect(session.userId).toBe(model.user)
}

/** Plays requests of one visitor and compares each step with the model. */
async function play(requests: readonly { readonly acts: readonly Act[]; readonly fails: boolean }[], options: Options): Promise<void> {
  const shop = openShop(options)
  let id: string | undefined
  let stored = empty()
  for (const { acts: steps, fails } of requests) {
    const session = await shop.sessions.start(id)
    let model: Model = { ...copied(stored), next: new Set() }
    let saved = copied(model)
    let isSaved = false
    expectSame(session, model)
    for (const step of steps) {
      await step.inSession(session)
      if (step.name === 'reload' && !isSaved) model = copied(saved)
      else model = step.inModel(model, copied(saved))
      if (step.name === 'save') {
        saved = storedAs(model)
        isSaved = !session.isNew
        if (isSaved) {
          id = session.id
          stored = saved
        }
      }
      if (step.name === 'invalidate') {
        saved = empty()
        stored = empty()
        isSaved = false
        id = undefined
      }
      expectSame(session, model)
    }
    if (fails) await session.release()
    else {
      await session.save()
      stored = storedAs(model)
      id = session.isNew ? undefined : session.id
      if (session.isNew) stored = empty()
    }
  }
  await shop.idle()
}

describe('a session over several requests', () => {
  it('is what a simple model says, whatever is done with it', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 5 }), (requests) => play(requests, {})),
      { numRuns: 400 },
    )
  })

  it('is the same with a serializer that salts and answers later', { timeout: 60_000 }, async () => {
    const run = fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 4 }), (requests) =>
      play(requests, { serializer: new SaltingSerializer({ answersLater: true }) }),
    )
    await fc.assert(run, { numRuns: 200 })
  })
})
