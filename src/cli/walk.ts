import { setImmediate as turn } from 'node:timers/promises'
import type { ListPage, SessionDriver } from '../contracts/driver.ts'
import type { SurveyPage, SurveyedRecord, SurveyingDriver } from '../contracts/surveying-driver.ts'
import { isListing } from '../manager/abilities.ts'
import { EXIT } from './exit-codes.ts'
import { CommandError } from './failure.ts'

/** Whose sessions; everybody's without a user. */
export interface Owner {
  readonly userId?: string
}

/** So few that a page is soon over when the walk is stopped, and that little of it outlives it in memory. */
const PAGE = 100

// A database in the process answers at once: without a turn of the event loop between pages nobody would hear of Ctrl-C.

/** Everything in the store, page by page: what the driver shows, and the live sessions of one that shows only those. */
export async function* surveyed(driver: SessionDriver, signal: AbortSignal, from?: string): AsyncGenerator<SurveyPage> {
  let cursor = from
  do {
    const page: SurveyPage = canSurvey(driver) ? await driver.survey({ cursor, limit: PAGE }) : await listedPage(driver, cursor)
    yield page
    ;({ cursor } = page)
    await turn()
  } while (cursor !== undefined && !signal.aborted)
}

/** The live sessions of a user, or of everybody, with the cursor behind each page. */
export async function* listed(driver: SessionDriver, owner: Owner): AsyncGenerator<ListPage> {
  let cursor: string | undefined
  do {
    const page = await pageOf(driver, owner, cursor, PAGE)
    yield page
    ;({ cursor } = page)
    await turn()
  } while (cursor !== undefined)
}

/** One page of live sessions. @throws {CommandError} for a driver that keeps no list. */
export async function pageOf(driver: SessionDriver, owner: Owner, cursor: string | undefined, limit: number): Promise<ListPage> {
  if (!isListing(driver)) throw noList(driver)
  return await driver.list({ ...owner, cursor, limit })
}

export function canSurvey(driver: SessionDriver): driver is SurveyingDriver {
  return typeof Reflect.get(driver, 'survey') === 'function'
}

async function listedPage(driver: SessionDriver, cursor: string | undefined): Promise<SurveyPage> {
  const page = await pageOf(driver, {}, cursor, PAGE)
  const records = page.sessions.map(({ key, ...metadata }): SurveyedRecord => {
    return { key, kind: 'session', metadata, bytes: 0, holder: undefined }
  })
  return { records, cursor: page.cursor, now: undefined }
}

function noList(driver: SessionDriver): CommandError {
  return new CommandError(EXIT.usage, `The driver '${driver.name}' keeps no list of its sessions. Choose another one in the configuration.`)
}
