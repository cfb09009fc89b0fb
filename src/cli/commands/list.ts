import { deviceOf } from '../../manager/device.ts'
import type { ListedSession } from '../../contracts/driver.ts'
import { EXIT } from '../exit-codes.ts'
import { jsonOf, print, printLine } from '../print.ts'
import { type CommonOptions, type Store, withStore } from '../store.ts'
import { table } from '../table.ts'
import { pageOf } from '../walk.ts'
import { fromNow, isoTime, maskedAddress } from '../words.ts'

export interface ListCommandOptions extends CommonOptions {
  readonly user?: string
  readonly limit: number
  readonly cursor?: string
  readonly addresses?: boolean
}

const PAGE = 100
const HEAD = ['HANDLE', 'USER', 'BEGAN', 'LAST SEEN', 'ENDS', 'ADDRESS', 'DEVICE']

/** Lists live sessions, page by page: what was printed is not kept. */
export async function list(options: ListCommandOptions): Promise<number> {
  return await withStore(options, async (store) => {
    const { user, limit, json = false } = options
    const owner = user === undefined ? {} : { userId: user }
    let shown = 0
    let { cursor } = options
    let isBegun = false
    const most = limit > 0 ? limit : Infinity
    do {
      const page = await pageOf(store.driver, owner, cursor, Math.min(PAGE, most - shown))
      // What fails at once leaves no half of a document.
      if (json && !isBegun) await print('{"sessions":[')
      isBegun = true
      await show(page.sessions, store, options, shown)
      shown += page.sessions.length
      ;({ cursor } = page)
    } while (cursor !== undefined && shown < most)
    const goesOn = store.showsKeys ? cursor : undefined
    if (json) await printLine(`],"cursor":${jsonOf(goesOn ?? null)}}`)
    else if (shown === 0) await printLine('No sessions.')
    else if (goesOn !== undefined) await printLine(`More follow: --cursor '${goesOn}', or --limit 0 for all.`)
    return EXIT.done
  })
}

async function show(sessions: readonly ListedSession[], store: Store, options: ListCommandOptions, shown: number): Promise<void> {
  if (sessions.length === 0) return
  if (options.json) {
    const items = sessions.map((session) => jsonOf(asJson(session, store, options.addresses === true)))
    return await print(`${shown > 0 ? ',' : ''}${items.join(',')}`)
  }
  const now = Date.now()
  const rows = sessions.map((session) => [
    session.handle,
    session.userId ?? '-',
    fromNow(session.createdAt, now),
    fromNow(session.lastActivity, now),
    fromNow(session.expiresAt, now),
    (options.addresses === true ? session.ipAddress : maskedAddress(session.ipAddress)) ?? '-',
    deviceOf(session.userAgent) ?? '-',
  ])
  await print(table(HEAD, rows))
}

/** A session as programs are shown it. */
export function asJson(session: ListedSession, store: Store, hasAddresses: boolean): Record<string, unknown> {
  return {
    key: store.showsKeys ? session.key : null,
    handle: session.handle,
    userId: session.userId ?? null,
    createdAt: isoTime(session.createdAt),
    authenticatedAt: isoTime(session.authenticatedAt),
    lastSeenAt: isoTime(session.lastActivity),
    expiresAt: isoTime(session.expiresAt),
    ipAddress: (hasAddresses ? session.ipAddress : maskedAddress(session.ipAddress)) ?? null,
    device: deviceOf(session.userAgent) ?? null,
  }
}
