import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { session as withSession } from '../../src/adapters/fetch.ts'
import type { Serializer } from '../../src/contracts/serializer.ts'
import type { SessionError } from '../../src/session/errors.ts'
import { unopenable } from '../support/sealed-damage.ts'
import type { Unopenable } from '../support/sealed-damage.ts'
import { openSealedShop } from '../support/sealed-shop.ts'
import type { SealedShop } from '../support/sealed-shop.ts'
import { ringKey, rings, sealing, sealingByWeb } from '../support/sealed-rings.ts'
import { EncryptedSerializer } from '../../src/serializers/encrypted.ts'
import type { Options } from './support/shop.ts'
import { failureOf, keyOf, visit } from './support/shop.ts'

type Field = 'payload' | 'flash'

/** A stored session one of whose texts does not open. */
async function unopenableSession(damage: Unopenable['damage'], field: Field): Promise<SealedShop & { readonly id: string }> {
  const shop = openSealedShop()
  const { stored } = shop.processWith(sealing('old'))
  const fill = (n: number) => (session: { set(key: string, value: unknown): void; flash(key: string, value: unknown): void }) => {
    session.set('n', n)
    session.flash('status', 'Hi')
  }
  const [id, otherId] = [await stored(fill(5)), await stored(fill(99))]
  const [record, other] = [await shop.recordOf(id), await shop.recordOf(otherId)]
  if (record === undefined || other === undefined) return expect.unreachable()
  const { payload, flash, version } = record
  const texts = { payload, flash, writeToken: 'w'.repeat(32), [field]: damage(record[field], other[field]) }
  expect(await shop.memory.rewrite(keyOf(id), texts, version)).toMatchObject({ kind: 'written' })
  return { ...shop, id }
}

/** What the visitor sees, and what the events say. */
async function answered(shop: SealedShop & { readonly id: string }, serializer: Serializer, options: Options): Promise<unknown> {
  const before = await shop.recordOf(shop.id)
  const { sessions, events } = shop.processWith(serializer, options)
  const app = withSession(sessions)((_request, { session }) =>
    Response.json([session.isNew, session.increment('n'), session.getFlash('status')]),
  )
  const response = await app(new Request('https://test.example/', { headers: { cookie: `__Host-ml_session=${shop.id}` } }))
  expect(await shop.recordOf(shop.id)).toEqual(before)
  await shop.idle()
  const headers = [...response.headers].map(([name, value]) => [name, value.replace(/=[0-9a-f]{40};/, '=...;')])
  const refused = events.filter(({ kind }) => kind === 'refused')
  return { seen: { status: response.status, headers, body: await response.text() }, refused }
}

const NEW_SESSION = {
  status: 200,
  headers: [
    ['cache-control', 'no-store'],
    ['content-type', 'application/json'],
    ['set-cookie', '__Host-ml_session=...; Path=/; Max-Age=7200; Secure; HttpOnly; SameSite=Lax'],
  ],
  body: '[true,1,null]',
}
const ERROR = {
  status: 500,
  headers: [
    ['cache-control', 'no-store'],
    ['content-type', 'text/plain; charset=utf-8'],
  ],
  body: 'Internal Server Error',
}

describe.each(['payload', 'flash'] as const)('a visitor whose %s does not open', (field) => {
  describe.each(unopenable)('for $name', ({ damage, serializer, detail }) => {
    it.each([
      ['new', NEW_SESSION],
      ['throw', ERROR],
    ] as const)('onUnreadable %s: sees what all others see, and the event alone says why', async (onUnreadable, seen) => {
      const shop = await unopenableSession(damage, field)
      const event = { kind: 'refused', reason: 'unreadable', key: keyOf(shop.id), detail }
      expect(await answered(shop, serializer('old'), { onUnreadable })).toEqual({ seen, refused: [expect.objectContaining(event)] })
    })

    it('is told of by one and the same error', async () => {
      const shop = await unopenableSession(damage, field)
      const { sessions } = shop.processWith(serializer('old'), { onUnreadable: 'throw' })
      for (const concurrency of ['exclusive', 'readonly'] as const) {
        const error = await failureOf(visit(sessions, shop.id, { concurrency }))
        expect(shownOf(error, shop.id)).toEqual(SHOWN)
      }
      await shop.idle()
    })
  })
})

const CAUSE = 'Failed to deserialize session data. A sealed text could not be opened.'
const MESSAGE = `Session record 'KEY' cannot be read: ${CAUSE} It was left untouched.`
const FACTS = { code: 'ERR_SESSION_UNREADABLE', status: 500, expose: false, isSessionError: true, name: 'SessionError' }
const CAUSE_FACTS = { ...FACTS, code: 'ERR_SESSION_DESERIALIZATION_FAILED' }
const SHOWN = {
  text: `SessionError: ${MESSAGE}`,
  facts: FACTS,
  cause: { text: `SessionError: ${CAUSE}`, facts: CAUSE_FACTS, cause: undefined },
}

/** All that a log could show of an error but where in the code it was made. */
function shownOf(error: unknown, id: string): unknown {
  if (!(error instanceof Error)) return undefined
  const inspected = inspect(error, { depth: 9 })
  for (const detail of ['unknown-key', 'retired-key', 'not-authentic', 'malformed', 'unknown-version', 'not-sealed']) {
    expect(inspected).not.toContain(detail)
  }
  const { code, status, expose, isSessionError, name } = error as SessionError
  expect(JSON.parse(JSON.stringify(error))).toEqual({ code, status, expose, isSessionError, name })
  return {
    text: String(error).replace(/record '[^']*'/, (shown) => {
      expect(keyOf(id)).toContain(shown.slice(8, -1).replace('...', '').replace('…', ''))
      return "record 'KEY'"
    }),
    facts: { code, status, expose, isSessionError, name },
    cause: shownOf(error.cause, id),
  }
}

it.each([
  ['the runtime’s cryptography', sealing],
  ['web cryptography', sealingByWeb],
] as const)('a sealed text that the inner serializer cannot read looks the same to the visitor: %s', async (_, serializerWith) => {
  const shop = await unopenableSession((text) => text, 'payload')
  const inner = { prepare: () => 'no JSON', restore: () => expect.unreachable() }
  const record = await shop.recordOf(shop.id)
  if (record === undefined) return expect.unreachable()
  const key = keyOf(shop.id)
  const payload = (await new EncryptedSerializer({ keys: rings.old, serializer: inner }).prepare({}, { key, field: 'payload' })) ?? ''
  await shop.memory.rewrite(key, { payload, flash: record.flash, writeToken: 'w'.repeat(32) }, record.version)
  for (const [onUnreadable, seen] of [
    ['new', NEW_SESSION],
    ['throw', ERROR],
  ] as const) {
    expect(await answered(shop, serializerWith('old'), { onUnreadable })).toEqual({
      seen,
      refused: [expect.objectContaining({ reason: 'unreadable', detail: undefined })],
    })
  }
})

it('no event, error or object shows a key', async () => {
  const shop = await unopenableSession((text) => text, 'payload')
  const serializer = sealing('wrong')
  const { sessions, events } = shop.processWith(serializer, { onUnreadable: 'throw' })
  const error = await failureOf(visit(sessions, shop.id))
  const shown = inspect([serializer, sessions, events, error], { depth: 20, showHidden: true })
  for (const name of ['v1', 'of another application']) {
    const bytes = Buffer.from(ringKey(name), 'base64')
    for (const text of [ringKey(name).slice(0, 12), bytes.toString('hex').slice(0, 12), [...bytes.subarray(0, 6)].join(', ')]) {
      expect(shown).not.toContain(text)
    }
    expect(shown).not.toContain(
      bytes
        .toString('hex')
        .slice(0, 12)
        .replaceAll(/(..)(?=.)/g, '$1 '),
    )
  }
})
