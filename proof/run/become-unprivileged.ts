import { serverUser } from '../../test/support/sql-server.ts'

/** Becomes an ordinary user for good, where this process is root's: no permission of a file binds root. What is to be loaded must be loaded before. */
export function becomeUnprivileged(): void {
  const user = serverUser()
  if (user === undefined) return
  process.setgroups?.([])
  process.setgid?.(user.gid)
  process.setuid?.(user.uid)
}
