import { describe, expect, it } from 'vitest'
import { indexName, tableDefinition } from '../../../src/drivers/database/schema/definition.ts'
import { tableName } from '../../../src/drivers/database/schema/table-name.ts'

const LONGEST = 'x'.repeat(50)

describe('the name of the table', () => {
  it('is quoted part by part', () => {
    const name = tableName('web.Sessions_2')
    expect(name).toMatchObject({ schema: 'web', table: 'Sessions_2', text: 'web.Sessions_2' })
    expect(name.quoted('postgres')).toBe('"web"."Sessions_2"')
    expect(name.quoted('sqlite')).toBe('"web"."Sessions_2"')
    expect(name.quoted('mysql')).toBe('`web`.`Sessions_2`')
    expect(tableName('sessions')).toMatchObject({ schema: undefined, table: 'sessions' })
    expect(tableName(`${LONGEST}.${LONGEST}`).table).toBe(LONGEST)
  })

  it.each([
    '',
    '.',
    'a.',
    '.a',
    'a.b.c',
    '1st',
    'a-b',
    'a b',
    'a"b',
    'a`b',
    "a'b",
    'ä',
    'a\n',
    `${LONGEST}x`,
    `${LONGEST}x.a`,
    7,
    undefined,
    null,
    ['a'],
  ])('is not %j', (name) => {
    expect(() => tableName(name)).toThrow(/^Option 'table': must be a name such as 'sessions' or 'web\.sessions'/)
  })
})

describe('the names of indexes', () => {
  it('hold the name of the table, and are at most 63 characters', () => {
    expect(indexName('sessions', 'expiration', new Set())).toBe('idx_sessions_expiration')
    const names = ['expiration', 'user_id', 'session_id'].map((column) => indexName(LONGEST, column, new Set()))
    expect(new Set(names).size).toBe(3)
    for (const name of names) {
      expect(name).toContain(LONGEST)
      expect(name.length).toBeLessThanOrEqual(63)
    }
  })

  it('leave out those that are taken', () => {
    expect(indexName('Web', 'user_id', new Set(['idx_web_user_id', 'idx_web_user_id_2']))).toBe('idx_Web_user_id_3')
    const long = indexName(LONGEST, 'expiration', new Set())
    expect(indexName(LONGEST, 'expiration', new Set([long]))).toBe(`${long.slice(0, 61)}_2`)
  })
})

describe('tableDefinition', () => {
  it('is a text for the clients of the databases', () => {
    expect(tableDefinition('postgres')).toMatchInlineSnapshot(`
      "CREATE TABLE IF NOT EXISTS "sessions" (
        session_id varchar(255) COLLATE "C" PRIMARY KEY NOT NULL,
        payload text,
        flash_data text,
        created_at bigint NOT NULL,
        last_activity bigint NOT NULL,
        expiration bigint NOT NULL,
        user_id varchar(255) COLLATE "C",
        ip_address varchar(45),
        user_agent text,
        handle varchar(255) COLLATE "C",
        version bigint,
        write_token varchar(255) COLLATE "C",
        created_ms bigint,
        authenticated_ms bigint,
        regenerated_ms bigint,
        last_activity_ms bigint,
        expires_ms bigint,
        marker varchar(255) COLLATE "C",
        lease_token varchar(255) COLLATE "C",
        lease_until_ms bigint
      ) WITH (fillfactor = 70);
      CREATE INDEX IF NOT EXISTS "idx_sessions_expiration" ON "sessions" (expiration);
      CREATE INDEX IF NOT EXISTS "idx_sessions_user_id" ON "sessions" (user_id, session_id) WHERE user_id IS NOT NULL;
      "
    `)
    expect(tableDefinition('mysql', { table: 'web.sessions' })).toMatchInlineSnapshot(`
      "CREATE TABLE IF NOT EXISTS \`web\`.\`sessions\` (
        session_id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY NOT NULL,
        payload LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
        flash_data LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
        created_at BIGINT NOT NULL,
        last_activity BIGINT NOT NULL,
        expiration BIGINT NOT NULL,
        user_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
        ip_address VARCHAR(45) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
        user_agent TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
        handle VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
        version BIGINT,
        write_token VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
        created_ms BIGINT,
        authenticated_ms BIGINT,
        regenerated_ms BIGINT,
        last_activity_ms BIGINT,
        expires_ms BIGINT,
        marker VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
        lease_token VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
        lease_until_ms BIGINT,
        KEY \`idx_sessions_expiration\` (expiration),
        KEY \`idx_sessions_user_id\` (user_id)
      ) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
      "
    `)
  })

  it('has the indexes beside the table where they can be made if missing', () => {
    const indexes = /^CREATE INDEX IF NOT EXISTS .*;$/gm
    expect(tableDefinition('mariadb', { table: 'web.sessions' }).match(indexes)).toEqual([
      'CREATE INDEX IF NOT EXISTS `idx_sessions_expiration` ON `web`.`sessions` (expiration);',
      'CREATE INDEX IF NOT EXISTS `idx_sessions_user_id` ON `web`.`sessions` (user_id);',
    ])
    expect(tableDefinition('sqlite', { table: 'main.sessions' }).match(indexes)).toEqual([
      'CREATE INDEX IF NOT EXISTS "main"."idx_sessions_expiration" ON "sessions" (expiration);',
      'CREATE INDEX IF NOT EXISTS "main"."idx_sessions_user_id" ON "sessions" (user_id, session_id);',
    ])
  })

  it('takes no name that could be more than a name', () => {
    expect(() => tableDefinition('postgres', { table: 'sessions"; DROP TABLE users; --' })).toThrow("Option 'table'")
  })
})
