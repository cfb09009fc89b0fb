import type { SessionDriver } from '../contracts/driver.ts'
import type { SurveyedRecord } from '../contracts/surveying-driver.ts'
import { isSessionError } from '../session/errors.ts'
import { sealsOf } from './seals.ts'

const LANES = 8

/** Counts sessions by the keys that they are sealed under. Nothing is opened, and no key is needed for it. */
export class SealTally {
  readonly byKey: Map<string, number> = new Map()
  unsealed = 0
  examined = 0

  /** Reads the sessions among these records, a few side by side, at most so many. */
  async add(driver: SessionDriver, records: readonly SurveyedRecord[], most: number = Infinity): Promise<void> {
    const left = records.filter(({ kind }) => kind === 'session').values()
    const lane = async (): Promise<void> => {
      for (const { key } of left) {
        if (this.examined >= most) return
        this.examined++
        const found = await driver.read(key).catch(passUnreadable)
        if (found?.kind === 'record') this.#count(sealsOf(found.record))
        else this.examined--
      }
    }
    await Promise.all(Array.from({ length: LANES }, lane))
  }

  #count(seals: ReadonlySet<string | undefined>): void {
    for (const name of seals) {
      if (name === undefined) this.unsealed++
      else this.byKey.set(name, (this.byKey.get(name) ?? 0) + 1)
    }
  }
}

/** Those are counted already: it is the survey that finds them. */
function passUnreadable(error: unknown): undefined {
  if (!isSessionError(error) || error.code !== 'ERR_SESSION_UNREADABLE') throw error
}
