import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../../proof/faults/until.ts'
import { type RedisOptions, RedisServer, startRedis } from './redis-server.ts'

const SENTINELS = 3
export const MASTER_NAME = 'holdfast'
/** Of a second, a busy machine leaves the servers less than they need to answer. */
const DOWN_AFTER_MS = 2000
/** Also the pause between two failovers is made of it. */
const FAILOVER_TIMEOUT_MS = 1500
const INFO_PERIOD_MS = 200
const FAILOVER_MS = 60_000

/**
 * How the replica comes to be master: the old master is killed; it is stopped and wakes up later, still believing that it is the master;
 * or the sentinels are told to.
 */
export type FailoverBy = 'kill' | 'pause' | 'command'

/** A master and its replica, watched by three sentinels. */
export class RedisSentinel {
  /** What the sentinels call the master. */
  readonly name = MASTER_NAME
  readonly sentinels: readonly RedisServer[]
  #master: RedisServer
  #replica: RedisServer

  /** Use `startSentinel`. */
  constructor(master: RedisServer, replica: RedisServer, sentinels: readonly RedisServer[]) {
    this.#master = master
    this.#replica = replica
    this.sentinels = sentinels
  }

  get master(): RedisServer {
    return this.#master
  }

  get replica(): RedisServer {
    return this.#replica
  }

  /** For a client's options. */
  get addresses(): readonly { readonly host: string; readonly port: number }[] {
    return this.sentinels.map(({ port }) => ({ host: '127.0.0.1', port }))
  }

  /**
   * Makes the replica the master, and waits until all sentinels agree on that and the old master has come back as its replica, so that
   * it can be done again.
   *
   * @param onceAgreed Runs when the sentinels agree and the old master is not back yet; after a pause it runs once it is awake.
   */
  async failover(by: FailoverBy, onceAgreed?: () => Promise<void>): Promise<void> {
    await this.untilWhole()
    const [old, next] = [this.#master, this.#replica]
    if (by === 'kill') await old.kill()
    if (by === 'pause') await old.pause()
    if (by === 'command') await this.#order()
    await until(`the sentinels to agree on port ${next.port}`, () => this.#agreeOn(next), FAILOVER_MS)
    ;[this.#master, this.#replica] = [next, old]
    if (by === 'pause') old.resume()
    await onceAgreed?.()
    if (by === 'kill') await old.restart(['--replicaof', '127.0.0.1', String(next.port)])
    await this.untilWhole()
  }

  /**
   * Waits until the replica follows the master and all sentinels see both and each other. Which one is the master they may have changed by
   * themselves: those of a busy machine take a server that gets no turn for dead.
   */
  async untilWhole(): Promise<void> {
    await until('the replica to follow', () => this.#follows(), FAILOVER_MS)
    await until('the sentinels to see all', async () => (await Promise.all(this.sentinels.map((one) => this.#seesAll(one)))).every(Boolean))
  }

  async stop(): Promise<void> {
    await Promise.all([this.#master, this.#replica, ...this.sentinels].map((server) => server.stop()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #order(): Promise<void> {
    const [first] = this.sentinels
    // Refused while a sentinel does not yet know the replica to be good, or is busy with the last failover.
    await until('a sentinel to begin', async () => (await first?.command('SENTINEL', 'FAILOVER', MASTER_NAME)) === 'OK')
  }

  async #agreeOn(master: RedisServer): Promise<boolean> {
    const answers = await Promise.all(this.sentinels.map((one) => one.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', MASTER_NAME)))
    const agree = answers.every((address) => Array.isArray(address) && Number(address[1]) === master.port)
    return agree && (await master.info('replication')).get('role') === 'master'
  }

  async #follows(): Promise<boolean> {
    if (await this.#agreeOn(this.#replica)) [this.#master, this.#replica] = [this.#replica, this.#master]
    const info = await this.#replica.info('replication')
    return info.get('master_port') === String(this.#master.port) && info.get('master_link_status') === 'up'
  }

  async #seesAll(sentinel: RedisServer): Promise<boolean> {
    const quorum = await sentinel.command('SENTINEL', 'CKQUORUM', MASTER_NAME)
    const replicas = await sentinel.command('SENTINEL', 'REPLICAS', MASTER_NAME)
    const [replica] = Array.isArray(replicas) ? replicas : []
    const text = Array.isArray(replica) ? replica.join(' ') : ''
    const isGood =
      text.includes(` port ${this.#replica.port} `) && text.includes(' flags slave ') && text.includes(' master-link-status ok ')
    return isGood && String(quorum).startsWith(`OK ${SENTINELS} `)
  }
}

/** Starts all five, and is ready when everyone knows everyone. */
export async function startSentinel(options: RedisOptions = {}): Promise<RedisSentinel> {
  const master = await startRedis({ ...options, args: [...(options.args ?? []), '--repl-diskless-sync-delay', '0'] })
  const servers = [master]
  try {
    const follow = ['--replicaof', '127.0.0.1', String(master.port), '--repl-diskless-sync-delay', '0']
    const replica = await startRedis({ ...options, args: [...(options.args ?? []), ...follow] })
    servers.push(replica)
    const started = await Promise.allSettled(Array.from({ length: SENTINELS }, () => startOneSentinel(master)))
    const sentinels = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    servers.push(...sentinels)
    for (const one of started) if (one.status === 'rejected') throw one.reason
    const all = new RedisSentinel(master, replica, sentinels)
    await all.untilWhole()
    return all
  } catch (error) {
    await Promise.all(servers.map((server) => server.stop()))
    throw error
  }
}

async function startOneSentinel(master: RedisServer): Promise<RedisServer> {
  const sentinel = await RedisServer.create((port, _busPort, folder) => {
    const file = join(folder, 'sentinel.conf')
    const lines = [
      `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${master.port} 2`,
      `sentinel down-after-milliseconds ${MASTER_NAME} ${DOWN_AFTER_MS}`,
      `sentinel failover-timeout ${MASTER_NAME} ${FAILOVER_TIMEOUT_MS}`,
    ]
    writeFileSync(file, `port ${port}\nbind 127.0.0.1\ndir ${folder}\n${lines.join('\n')}\n`)
    return [file, '--sentinel']
  })
  // How often it looks at the servers: by default so seldom that it needs 20 s to believe that all is well after a failover.
  await sentinel.command('SENTINEL', 'DEBUG', 'INFO-PERIOD', INFO_PERIOD_MS)
  return sentinel
}
