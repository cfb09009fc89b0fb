// A row of the table of sessions, as a database and its client give it.
import type { Found } from '../../../src/contracts/driver.ts'
import type { Row } from '../../../src/drivers/database/bridges/bridge.ts'
import { HEAD } from '../../../src/drivers/database/dialects/dialect.ts'
import { foundIn, removedIn } from '../../../src/drivers/database/found.ts'
import { keyFrom } from '../../../bench/file/support.ts'
import type { Random } from '../../simulation/seeded.ts'
import { answerFrom } from '../answers.ts'
import { answeredOr, checkFound } from '../checks.ts'
import { Reader } from '../reader.ts'
import { type Target, type Trial, holds } from '../target.ts'

const KEY = keyFrom('0'.repeat(64))
const COLUMNS = [...[...HEAD.matchAll(/\w+/g)].map(([name]) => name), 'now', 'payload', 'flash_data', 'head']
const IN_HEAD = COLUMNS.slice(0, -3)
const [AS_COLUMNS, AS_TEXT] = [0, 1]

/** A row that lives. */
const whole: Readonly<Record<string, unknown>> = {
  handle: 'a'.repeat(32),
  created_ms: 1_800_000_000_000,
  authenticated_ms: null,
  regenerated_ms: '1800000000001',
  last_activity_ms: 1_800_000_000_002n,
  expires_ms: 1_800_000_000_003,
  user_id: 'ada',
  ip_address: null,
  user_agent: '\u0001"\\ud800"',
  version: 1,
  write_token: 'b'.repeat(32),
  marker: null,
  lease_token: null,
  lease_until_ms: 0,
  now: 1_800_000_000_000,
  payload: '{}',
  flash_data: '{}',
}

export const target: Target = {
  promise:
    'is a session or a marker in all its parts, absent, or unreadable by the one error; nothing of another kind is taken for what it looks like',
  sources: ['src/drivers/database/rows.ts', 'src/drivers/database/found.ts', 'src/drivers/database/texts.ts'],
  words: ['rotation', 'login:', 'login:salt', 'null', '[', ']', ',', '"', '\\u0000', '\u0001"', '1800000000003', '-1', '1e3', '1.5'],
  mostBytes: 2048,
  make,
  open: () => trial(foundIn),
  // It takes a column that is no number for zero, as JavaScript does.
  openMistaken: () => trial((key, row) => foundIn(key, { ...row, lease_until_ms: Number(row['lease_until_ms']) })),
}

function trial(find: (key: typeof KEY, row: Row) => Found | undefined): Trial {
  return {
    run: async (input) => {
      const row = rowFrom(new Reader(input))
      const found = await answeredOr(() => find(KEY, row))
      holds('a row that cannot be understood is unreadable, not a failure', found !== 'failed')
      if (typeof found === 'object') checkFound(found.value)
      if (typeof found === 'object' && row['head'] === undefined) checkKinds(row)
      holds('a removal has an answer for every row', ['record', 'marker', 'nothing'].includes(removedIn(KEY, row).kind))
    },
  }
}

/** A whole number is a number, a bigint or digits; nothing else is one by accident. */
function checkKinds(row: Row): void {
  for (const column of ['now', 'expires_ms', 'lease_until_ms', 'version']) {
    const value = row[column]
    const isWhole = typeof value === 'bigint' || Number.isSafeInteger(value) || (typeof value === 'string' && /^-?\d+$/.test(value))
    holds('what is no whole number is not taken for one', isWhole, () => `${column}: ${typeof value} ${String(value)}`)
  }
}

/** Some columns of the whole row, changed. */
function rowFrom(reader: Reader): Row {
  const form = reader.byte() % 4
  const row: Record<string, unknown> = { ...whole }
  for (let changes = reader.byte() % 8; changes > 0; changes--) {
    row[COLUMNS[reader.byte() % COLUMNS.length] ?? ''] = answerFrom(reader)
  }
  if (form === AS_COLUMNS) return row
  const { payload, flash_data } = row
  if (form === AS_TEXT) return { head: JSON.stringify(IN_HEAD.map((name) => plain(row[name]))), payload, flash_data }
  return { head: reader.rest().toString(), payload, flash_data }
}

function plain(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : typeof value === 'object' && value !== null ? '{}' : value
}

function make(random: Random): Buffer {
  const changes = random.below(4)
  const parts = Array.from({ length: changes }, () => [random.below(COLUMNS.length), random.below(16), random.below(20), random.below(256)])
  const form = random.below(3)
  const head = form === 2 ? JSON.stringify(IN_HEAD.map((name) => plain(whole[name]))) : ''
  return Buffer.concat([Buffer.of(form, changes, ...parts.flat()), Buffer.from(head)])
}
