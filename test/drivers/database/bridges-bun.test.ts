import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-bridges-bun-'))
afterAll(() => rmSync(folder, { recursive: true }))

const root = join(import.meta.dirname, '../../..')

it('the bridge to bun:sqlite keeps what every bridge promises, under Bun', async () => {
  const child = join(import.meta.dirname, 'bun/bridge-child.ts')
  const { stdout } = await promisify(execFile)(join(root, 'node_modules/.bin/bun'), [child, join(folder, 'bun.db')])
  const done = (affected: number): object => ({ rows: [], affected, insertId: 0 })
  expect(JSON.parse(stdout)).toEqual({
    family: 'sqlite',
    timeout: { rows: [{ timeout: 5 }], affected: 1, insertId: 0 },
    create: done(0),
    insert: done(1),
    nothing: done(1),
    long: done(1),
    read: {
      rows: [
        { k: 'a', v: `it's ?1 "\u{1F600}"`, n: 2 ** 53 - 1 },
        { k: 'b', v: null, n: null },
      ],
      affected: 2,
      insertId: 0,
    },
    length: { rows: [{ length: 2 ** 20 }], affected: 1, insertId: 0 },
    returning: { rows: [{ k: 'a' }, { k: 'b' }], affected: 2, insertId: 0 },
    update: done(3),
    duplicate: { kind: 'reply', reason: 'duplicate', code: 'SQLITE_CONSTRAINT_PRIMARYKEY', message: 'UNIQUE constraint failed: t.k' },
    missing: { kind: 'reply', reason: 'missing', code: 'SQLITE_ERROR', message: 'no such table: not_there' },
    busy: { kind: 'reply', reason: 'contention', code: 'SQLITE_BUSY', message: 'database is locked' },
    free: done(3),
    inside: expect.objectContaining({ kind: 'refused', reason: 'contention' }),
    closed: expect.objectContaining({ kind: 'refused', reason: 'other' }),
  })
})
