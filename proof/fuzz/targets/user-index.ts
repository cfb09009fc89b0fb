// The folder of a user's sessions, in which anything may stand: rubbish, foreign names, entries that lead nowhere or to others.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ListedSession } from '../../../src/contracts/driver.ts'
import { FileDriver } from '../../../src/drivers/file/file-driver.ts'
import { userFolder } from '../../../src/drivers/file/paths.ts'
import type { StoreKey } from '../../../src/session/id.ts'
import { keyFrom, recordWith } from '../../../bench/file/support.ts'
import type { Random } from '../../simulation/seeded.ts'
import { answeredOr } from '../checks.ts'
import { Reader } from '../reader.ts'
import { type Target, type Trial, holds } from '../target.ts'

const NOW = 1_800_000_000_000
const USER = 'ada'
const OTHER = 'eve'
const MINE: readonly StoreKey[] = ['a', 'b'].map((digit) => keyFrom(digit.repeat(64)))
const OF_OTHER = keyFrom('c'.repeat(64))
const NOBODY = keyFrom('d'.repeat(64))
const NAMES = ['epoch', ...MINE, OF_OTHER, NOBODY, 'e'.repeat(64), 'f'.repeat(40), 'x', '..x', 'A'.repeat(64), '__proto__', ' ', '\n']

export const target: Target = {
  promise:
    "makes no list show a session that is not the user's, no revocation end one that is not, and no login stay that was revoked meanwhile",
  sources: ['src/drivers/file/user-index.ts', 'src/drivers/file/list.ts', 'src/drivers/revoke.ts'],
  words: [...NAMES, '-'.repeat(64), '\n'],
  mostBytes: 512,
  make,
  open: () => trial((driver, userId) => driver.list({ userId }).then(({ sessions }) => sessions)),
  // It believes the entries.
  openMistaken: () =>
    trial(async (driver, userId, root) => {
      const { sessions } = await driver.list({ userId })
      const names = readdirSync(userFolder(root, userId))
      return names.includes(OF_OTHER) ? [...sessions, ...(await driver.list({ userId: OTHER })).sessions] : sessions
    }),
}

type List = (driver: FileDriver, userId: string, root: string) => Promise<readonly ListedSession[]>

async function trial(list: List): Promise<Trial> {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-fuzz-'))
  const driver = new FileDriver({ path: root, clock: () => NOW, singleProcess: true })
  await driver.open()
  const own = userFolder(root, USER)
  return {
    run: async (input) => {
      const reader = new Reader(input)
      rmSync(own, { recursive: true, force: true })
      for (const key of MINE) await driver.insert(key, recordWith('mine', { userId: USER }))
      await driver.insert(OF_OTHER, recordWith('of the other', { userId: OTHER }))
      await driver.insert(NOBODY, recordWith('of nobody'))
      const step = reader.byte() % 3
      litter(own, reader)
      const shown = await answeredOr(() => list(driver, USER, root))
      if (typeof shown === 'object') {
        for (const { key, userId } of shown.value)
          holds("a list shows a user's own sessions", userId === USER && MINE.includes(key), () => key)
      }
      if (step === 0) await checkRevoked(driver, own)
      if (step === 1) await checkLogin(driver, own, reader)
      holds("the others' sessions stay", (await driver.read(OF_OTHER)) !== undefined && (await driver.read(NOBODY)) !== undefined)
    },
    close: () => rmSync(root, { recursive: true, force: true }),
  }
}

async function checkRevoked(driver: FileDriver, own: string): Promise<void> {
  const entered = MINE.filter((key) => readdirSync(own).includes(key))
  const revoked = await answeredOr(() => driver.revokeUser(USER))
  if (typeof revoked !== 'object') return
  for (const key of entered) holds('a session that has an entry is revoked', (await driver.read(key)) === undefined)
}

/** A login writes what it finds in the folder; then the user is revoked, whatever the epoch said before. */
async function checkLogin(driver: FileDriver, own: string, reader: Reader): Promise<void> {
  const [key = NOBODY] = MINE
  await driver.destroy(key)
  const logged = await answeredOr(() => driver.insert(key, recordWith('logs in', { userId: USER })))
  if (typeof logged !== 'object') return
  holds(
    'who logged in is in the list',
    (await driver.list({ userId: USER })).sessions.some((session) => session.key === key),
  )
  litter(own, reader)
  const revoked = await answeredOr(() => driver.revokeUser(USER))
  if (typeof revoked === 'object') holds('a login does not outlive a revocation', (await driver.read(key)) === undefined)
}

/** Puts files, folders and links there. What is there already may be written over, not removed. */
function litter(own: string, reader: Reader): void {
  for (let left = reader.byte() % 6; left > 0; left--) {
    const path = join(own, NAMES[reader.byte() % NAMES.length] ?? 'x')
    try {
      const kind = reader.byte() % 8
      if (kind === 0) mkdirSync(path)
      else if (kind === 1) symlinkSync('/nowhere', path)
      else writeFileSync(path, reader.bytes(reader.byte()))
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error
    }
  }
}

function make(random: Random): Buffer {
  const pieces = Array.from({ length: random.below(5) }, () => {
    const length = random.below(70)
    return [
      random.below(NAMES.length),
      random.below(8),
      length,
      ...Array.from({ length }, () => random.pick([45, 10, 97, random.below(256)])),
    ]
  })
  return Buffer.from([random.below(3), pieces.length, ...pieces.flat()])
}
