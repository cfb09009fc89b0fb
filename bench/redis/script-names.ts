import { ACQUIRE } from '../../src/drivers/redis/scripts/acquire.ts'
import { COMMIT, RELEASE } from '../../src/drivers/redis/scripts/commit.ts'
import { DESTROY } from '../../src/drivers/redis/scripts/destroy.ts'
import { ENTER, READ_EPOCH } from '../../src/drivers/redis/scripts/index.ts'
import { INSERT } from '../../src/drivers/redis/scripts/insert.ts'
import { RENEW } from '../../src/drivers/redis/scripts/leases.ts'
import { MARK } from '../../src/drivers/redis/scripts/mark.ts'
import { PEEK, READ } from '../../src/drivers/redis/scripts/read.ts'
import { digestOf } from '../../src/drivers/redis/scripts/script.ts'
import { REWRITE, TOUCH, UPDATE } from '../../src/drivers/redis/scripts/update.ts'
import type { SeenCommand } from './commands-seen.ts'

// Giving a lease back is a renewal by nothing.
const scripts = {
  acquire: ACQUIRE,
  commit: COMMIT,
  release: RELEASE,
  destroy: DESTROY,
  enter: ENTER,
  epoch: READ_EPOCH,
  insert: INSERT,
  'give back': RENEW,
  mark: MARK,
  peek: PEEK,
  read: READ,
  touch: TOUCH,
  update: UPDATE,
  rewrite: REWRITE,
}

/** What a command is for: of a script of the driver its name, of any other its own. */
export async function nameOf({ name, first }: SeenCommand): Promise<string> {
  if (name !== 'evalsha') return name
  for (const [purpose, script] of Object.entries(scripts)) if ((await digestOf(script)) === first) return purpose
  return name
}
