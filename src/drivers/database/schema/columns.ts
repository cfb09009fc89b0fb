import type { Family } from '../bridges/bridge.ts'

/** A column of the table, and what it is for statements and for other programs. */
export interface Column {
  readonly name: string
  readonly kind: 'text' | 'integer'
  /** How many characters it must be able to hold. */
  readonly holds: number
  /** Statements compare it, and two texts are only the same if their bytes are. */
  readonly byBytes: boolean
  /** It may hold any character. */
  readonly anyText: boolean
  /** NOT NULL in a table that we make. Each of our rows fills it. */
  readonly isRequired: boolean
  readonly types: Readonly<Record<Family, string>>
}

const LONGEST_KEY = 'user:'.length + 64
/** What the seed's `TEXT` does not hold on MySQL, and `MEDIUMTEXT` does. */
const LONG = 2 ** 24 - 1

const AS_BYTES = 'CHARACTER SET utf8mb4 COLLATE utf8mb4_bin'
const NAME = { postgres: 'varchar(255) COLLATE "C"', mysql: `VARCHAR(255) ${AS_BYTES}`, sqlite: 'VARCHAR(255)' }
const KEY = { ...NAME, mysql: 'VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin' }
const LONG_TEXT = { postgres: 'text', mysql: `LONGTEXT ${AS_BYTES}`, sqlite: 'TEXT' }
const TEXT = { ...LONG_TEXT, mysql: `TEXT ${AS_BYTES}` }
const ADDRESS = { postgres: 'varchar(45)', mysql: `VARCHAR(45) ${AS_BYTES}`, sqlite: 'VARCHAR(45)' }
const BIGINT = { postgres: 'bigint', mysql: 'BIGINT', sqlite: 'BIGINT' }

/** In this order: the columns that the PHP library has too, then ours. A row of another program has NULL in ours, and no statement of ours touches it. */
export const COLUMNS: readonly Column[] = [
  text('session_id', KEY, { holds: LONGEST_KEY, byBytes: true, isRequired: true }),
  text('payload', LONG_TEXT, { holds: LONG, anyText: true }),
  text('flash_data', LONG_TEXT, { holds: LONG, anyText: true }),
  { ...instant('created_at'), isRequired: true },
  { ...instant('last_activity'), isRequired: true },
  { ...instant('expiration'), isRequired: true },
  text('user_id', NAME, { byBytes: true, anyText: true }),
  text('ip_address', ADDRESS, { holds: 45 }),
  text('user_agent', TEXT, { holds: 512, anyText: true }),
  text('handle', NAME, { byBytes: true }),
  instant('version'),
  text('write_token', NAME, { byBytes: true }),
  instant('created_ms'),
  instant('authenticated_ms'),
  instant('regenerated_ms'),
  instant('last_activity_ms'),
  instant('expires_ms'),
  text('marker', NAME, { byBytes: true }),
  text('lease_token', NAME, { byBytes: true }),
  instant('lease_until_ms'),
]

/** Each of our rows fills these: they may be NOT NULL. */
export const FILLED: ReadonlySet<string> = new Set(['session_id', 'payload', 'flash_data', 'created_at', 'last_activity', 'expiration'])

function text(name: string, types: Column['types'], more: Partial<Column>): Column {
  return { name, kind: 'text', holds: 255, byBytes: false, anyText: false, isRequired: false, types, ...more }
}

function instant(name: string): Column {
  return { name, kind: 'integer', holds: 0, byBytes: false, anyText: false, isRequired: false, types: BIGINT }
}
