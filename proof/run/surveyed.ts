import type { SessionDriver } from '../../src/contracts/driver.ts'
import type { SurveyingDriver } from '../../src/contracts/surveying-driver.ts'
import { seenIn } from './app.ts'
import type { Found } from './talk.ts'

/** All that lies in a store, once what has expired is collected. */
export async function surveyed(driver: SurveyingDriver): Promise<Found[]> {
  await driver.open()
  await driver.gc()
  const all: Found[] = []
  let cursor: string | undefined
  do {
    const page = await driver.survey({ cursor, limit: 500 })
    for (const { key, kind, holder } of page.records) {
      const content = kind === 'session' ? await contentOf(driver, key) : kind === 'marker' ? 'marker' : 'unreadable'
      if (kind !== 'expired') all.push({ key, content, isHeld: holder !== undefined })
    }
    cursor = page.cursor
  } while (cursor !== undefined)
  return all
}

/** Read past the manager: a payload is what the native serializer makes of the data. */
async function contentOf(driver: SessionDriver, key: Parameters<SessionDriver['read']>[0]): Promise<Found['content']> {
  const found = await driver.read(key)
  if (found?.kind !== 'record') return 'unreadable'
  try {
    const data: unknown = JSON.parse(found.record.payload)
    if (typeof data !== 'object' || data === null) return 'unreadable'
    const seen = seenIn({ get: (name) => Reflect.get(data, name) })
    return seen === 'new' ? 'unreadable' : seen
  } catch {
    return 'unreadable'
  }
}
