import type { RedisDriver } from '../../drivers/redis/redis-driver.ts'
import { type Finding, fault, good, unknown, warning } from './finding.ts'

type Facts = Awaited<ReturnType<RedisDriver['facts']>>[number]

/** Whether Redis throws sessions away, or forgets them. */
export function checkRedis(masters: readonly Facts[]): Finding[] {
  return [evictionOf(masters), persistenceOf(masters)]
}

function evictionOf(masters: readonly Facts[]): Finding {
  const check = 'redis-eviction'
  const policies = masters.map((facts) => facts.get('maxmemory_policy'))
  if (masters.length === 0 || policies.includes(undefined))
    return unknown(check, 'The user of the client may not run INFO: the policy is not known.')
  const evicting = policies.find((policy) => policy !== 'noeviction')
  if (evicting === undefined) return good(check, 'Redis throws no session away.')
  return fault(
    check,
    `Redis is set to maxmemory-policy '${evicting}': when its memory is full it throws away sessions, and users are logged out, and indexes of users, whose sessions no revocation finds then.`,
    "Set maxmemory-policy to 'noeviction', or keep sessions on a server of their own.",
  )
}

function persistenceOf(masters: readonly Facts[]): Finding {
  const check = 'redis-persistence'
  const isForgetful = masters.map((facts) => (facts.get('aof_enabled') === '0' ? isWithoutSnapshots(facts) : false))
  if (masters.length === 0 || isForgetful.includes(undefined)) {
    return unknown(
      check,
      'There is no append-only file, and the user of the client may not run CONFIG GET: whether there are snapshots is not known.',
    )
  }
  if (!isForgetful.includes(true)) return good(check, 'Redis keeps what it has on its disk.')
  return warning(check, 'Redis writes nothing to its disk: a restart ends all sessions.', 'Set appendonly to yes, or save to an interval.')
}

function isWithoutSnapshots(facts: Facts): boolean | undefined {
  const save = facts.get('config_save')
  return save === undefined ? undefined : save === ''
}

/** What the driver of a database warned of while it was opened. */
export function checkTable(warnings: readonly string[]): Finding {
  const check = 'table'
  const slow = warnings.find((text) => text.includes('slower than it could be'))
  if (slow === undefined) return good(check, 'The table has its columns and indexes.')
  return warning(check, slow.split(/ Run `/)[0] ?? slow, 'Run: holdfast migrate, or the SQL of holdfast migrate --print.')
}
