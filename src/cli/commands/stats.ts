import { EXIT } from '../exit-codes.ts'
import { goingOn } from '../going-on.ts'
import { print, printJson } from '../print.ts'
import { Progress } from '../progress.ts'
import { SealTally } from '../seal-tally.ts'
import { stopSignal } from '../stopping.ts'
import { type CommonOptions, type Store, withStore } from '../store.ts'
import { facts, table } from '../table.ts'
import { AGES, Tally } from '../tally.ts'
import { canSurvey, surveyed } from '../walk.ts'
import { count, fromNow, isoTime, size } from '../words.ts'

export interface StatsOptions extends CommonOptions {
  readonly cursor?: string
}

const SHOWN_HOLDERS = 20

/** Counts what is in the store: sessions, sizes, ages, keys in use, and who holds a lock. */
export async function stats(options: StatsOptions): Promise<number> {
  const stopping = stopSignal()
  return await withStore(options, async (store) => {
    const tally = new Tally()
    const seals = store.loaded.config.encrypt === true ? new SealTally() : undefined
    const progress = new Progress('Counting')
    let at: string | undefined
    for await (const page of surveyed(store.driver, stopping, options.cursor)) {
      tally.add(page)
      await seals?.add(store.driver, page.records)
      at = page.cursor
      progress.show(tally.total, page.cursor)
    }
    progress.end()
    await (options.json ? printJson(asJson(store, tally, seals, at)) : print(asText(store, tally, seals)))
    if (at === undefined) return EXIT.done
    if (!options.json)
      await print(
        `Stopped: this is a part.${store.showsKeys ? ` The rest is counted by: ${goingOn('stats', { config: options.config, cursor: at })}` : ''}\n`,
      )
    return EXIT.stopped
  })
}

function asJson(store: Store, tally: Tally, seals: SealTally | undefined, at: string | undefined): Record<string, unknown> {
  const knowsAll = canSurvey(store.driver)
  return {
    driver: store.driver.name,
    isWhole: at === undefined,
    cursor: store.showsKeys ? (at ?? null) : null,
    sessions: tally.kinds.session,
    withUser: tally.withUser,
    markers: knowsAll ? tally.kinds.marker : null,
    expired: knowsAll ? tally.kinds.expired : null,
    unreadable: knowsAll ? tally.kinds.unreadable : null,
    bytes: knowsAll ? tally.bytes : null,
    largestBytes: knowsAll ? tally.largest : null,
    ages: Object.fromEntries(AGES.map(([name], step) => [name, tally.ages[step] ?? 0])),
    oldestAt: isoTime(tally.oldestAt),
    newestAt: isoTime(tally.newestAt),
    longestUnusedSince: isoTime(tally.idlestAt),
    keys:
      seals === undefined ? null : { ...Object.fromEntries(seals.byKey), ...(seals.unsealed > 0 && { '(not sealed)': seals.unsealed }) },
    held: knowsAll ? tally.held : null,
    holders: tally.holders.slice(0, SHOWN_HOLDERS).map(({ key, handle, userId, holder }) => {
      return { key: store.showsKeys ? key : null, handle, userId: userId ?? null, holder }
    }),
  }
}

function asText(store: Store, tally: Tally, seals: SealTally | undefined): string {
  const knowsAll = canSurvey(store.driver)
  const now = tally.clock?.store ?? Date.now()
  const at = (instant: number | undefined): string => (instant === undefined ? '-' : fromNow(instant, now))
  const known = (text: string): string => (knowsAll ? text : 'the driver does not tell')
  const mean = tally.total === 0 ? 0 : tally.bytes / tally.total
  const rows: (readonly [string, string])[] = [
    ['driver', store.driver.name],
    ['sessions', `${count(tally.kinds.session)}, ${count(tally.withUser)} of them with a user`],
    ['traces of replaced ids', known(count(tally.kinds.marker))],
    ['expired, not collected', known(count(tally.kinds.expired))],
    ['unreadable', known(count(tally.kinds.unreadable))],
    ['data', known(`${size(tally.bytes)}; ${size(mean)} on average, ${size(tally.largest)} at most`)],
    ['oldest began', at(tally.oldestAt)],
    ['newest began', at(tally.newestAt)],
    ['longest unused since', at(tally.idlestAt)],
    ...AGES.map(([name], step) => [`age ${name}`, count(tally.ages[step] ?? 0)] as const),
    ...[...(seals?.byKey ?? [])].map(([name, sessions]) => [`sealed under ${name}`, count(sessions)] as const),
    ...(seals === undefined ? [] : [['not sealed', count(seals.unsealed)] as const]),
    ['locked now', known(count(tally.held))],
  ]
  const holders = tally.holders.slice(0, SHOWN_HOLDERS).map(({ handle, userId, holder }) => [handle, userId ?? '-', holder])
  return facts(rows) + (holders.length === 0 ? '' : `\n${table(['LOCKED', 'USER', 'HOLDER'], holders)}`)
}
