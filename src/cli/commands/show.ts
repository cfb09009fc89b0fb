import type { Found } from '../../contracts/driver.ts'
import { deviceOf } from '../../manager/device.ts'
import { EXIT } from '../exit-codes.ts'
import { named, nothingThere, notReadable } from '../named.ts'
import { print, printJson } from '../print.ts'
import { sealsOf } from '../seals.ts'
import { type CommonOptions, type Store, withStore } from '../store.ts'
import { facts } from '../table.ts'
import { fromNow, isoTime, maskedAddress, size } from '../words.ts'
import { asJson } from './list.ts'

export interface ShowOptions extends CommonOptions {
  readonly user?: string
  readonly addresses?: boolean
}

type Shown = Record<string, unknown>

/** Shows what is known of one session. Its data is masked: how much there is, and under which key it is sealed. */
export async function show(name: string, options: ShowOptions): Promise<number> {
  return await withStore(options, async (store) => {
    const one = await named(store, name, options.user === undefined ? {} : { userId: options.user })
    if (one === undefined) throw nothingThere()
    const { key, found } = one
    if (found === 'unreadable') {
      if (!options.json) throw notReadable()
      await printJson({ key: store.showsKeys ? key : null, kind: 'unreadable' })
      return EXIT.no
    }
    const shown = shownOf(store, key, found, options.addresses === true)
    await (options.json ? printJson(shown.json) : print(facts(shown.lines)))
    return EXIT.done
  })
}

function shownOf(
  store: Store,
  key: Parameters<typeof asJson>[0]['key'],
  found: Found,
  hasAddresses: boolean,
): { readonly json: Shown; readonly lines: readonly (readonly [string, string])[] } {
  const shownKey = store.showsKeys ? key : null
  const { now } = found
  const at = (instant: number | undefined): string =>
    instant === undefined ? '-' : `${isoTime(instant) ?? '-'} (${fromNow(instant, now)})`
  if (found.kind === 'marker') {
    const { reason, replacedAt } = found.marker
    const json = { key: shownKey, kind: 'marker', reason, replacedAt: isoTime(replacedAt) }
    return {
      json,
      lines: [
        ['key', shownKey ?? '-'],
        ['what', `the trace of an id that was replaced: ${reason}`],
        ['replaced', at(replacedAt)],
      ],
    }
  }
  const { record } = found
  const { payload, flash, version, ...metadata } = record
  const bytes = { payload: Buffer.byteLength(payload), flash: Buffer.byteLength(flash) }
  const seals = [...sealsOf(record)]
  const sealedUnder = seals.filter((name) => name !== undefined)
  const isSealed = !seals.includes(undefined)
  const session = { key, ...metadata }
  const json = { ...asJson(session, store, hasAddresses), kind: 'session', regeneratedAt: isoTime(metadata.regeneratedAt) }
  const address = hasAddresses ? metadata.ipAddress : maskedAddress(metadata.ipAddress)
  return {
    json: { ...json, writes: version.counter, bytes, sealedUnder, isSealed },
    lines: [
      ['key', shownKey ?? '-'],
      ['handle', metadata.handle],
      ['user', metadata.userId ?? '-'],
      ['began', at(metadata.createdAt)],
      ['logged in', at(metadata.authenticatedAt)],
      ['last new id', at(metadata.regeneratedAt)],
      ['last seen', at(metadata.lastActivity)],
      ['ends', at(metadata.expiresAt)],
      ['address', address ?? '-'],
      ['device', deviceOf(metadata.userAgent) ?? '-'],
      ['writes', String(version.counter)],
      [
        'data',
        `${size(bytes.payload)}, and ${size(bytes.flash)} of flash, ${isSealed ? `sealed under ${sealedUnder.join(', ')}` : 'not sealed'}; not shown`,
      ],
    ],
  }
}
