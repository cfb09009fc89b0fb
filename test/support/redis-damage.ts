import type { RedisServer } from './redis-server.ts'

/** Damages the beginning of what lies under a key. Gives what puts it back as it was, with the time that it had left. */
export async function damageRecord(server: RedisServer, key: string): Promise<() => Promise<void>> {
  // The hash tag keeps the copy in the slot of the key.
  const copy = `{${key}}copy`
  await server.command('COPY', key, copy, 'REPLACE')
  await server.command('SETRANGE', key, 1, 'X')
  return async () => {
    await server.command('COPY', copy, key, 'REPLACE')
    await server.command('DEL', copy)
  }
}
