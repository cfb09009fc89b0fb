import { edit, mutation, proof, tests } from './mutation.ts'
import type { Mutation } from './mutation.ts'

const SCRIPTS = 'src/drivers/redis/scripts'
const DRIVER = 'src/drivers/redis/redis-driver.ts'
const STORE = 'src/drivers/redis/redis-store.ts'
const COMMIT = `${SCRIPTS}/commit.ts`
const SUITE = 'test/drivers/redis.test.ts'

// In a script that has come so far `isDamaged` is false.
const AT_VERSION = "not ${isAtVersion('ARGV[10]',"
const COMMIT_BEGINS = "if not isLeased or leaseToken ~= heldToken or not ${isAtVersion('ARGV[10]',"
const COMMIT_WRITES = " then return { ${LOST} } end\n${put('string.sub("

export const redisMutations: readonly Mutation[] = [
  mutation(
    'Redis: a lease is given though another lives',
    tests(SUITE),
    `${SCRIPTS}/acquire.ts`,
    'if isLeased and leaseToken ~=',
    'if isDamaged and leaseToken ~=',
  ),
  {
    name: 'Redis: a commit looks neither at the lease nor at the version',
    judge: proof('redis', 'stop', 'stall'),
    edits: [
      edit(COMMIT, COMMIT_BEGINS, COMMIT_BEGINS.replace('if not isLeased or', 'if isDamaged and (not isLeased or')),
      edit(COMMIT, COMMIT_WRITES, `)${COMMIT_WRITES}`),
    ],
  },
  {
    name: 'Redis: a commit does not look at the lease',
    judge: tests(SUITE),
    edits: [edit(COMMIT, `not isLeased or leaseToken ~= heldToken or ${AT_VERSION}`, AT_VERSION)],
  },
  mutation('Redis: a commit does not look at the version', tests(SUITE), COMMIT, AT_VERSION, `isDamaged and ${AT_VERSION}`),
  mutation(
    'Redis: a merge does not look at the version',
    proof('redis', 'stop'),
    `${SCRIPTS}/update.ts`,
    "if not ${isAtVersion('ARGV[8]',",
    "if isDamaged and not ${isAtVersion('ARGV[8]',",
  ),
  mutation(
    'Redis: a merge is written while another has the lease',
    tests(SUITE),
    `${SCRIPTS}/update.ts`,
    "if isLeased then return { ${BUSY} } end\nif not ${isAtVersion('ARGV[8]',",
    "if not ${isAtVersion('ARGV[8]',",
  ),
  mutation(
    'Redis: an insert takes a key that is taken',
    tests(SUITE),
    `${SCRIPTS}/insert.ts`,
    'if isLive then return { ${ABSENT} } end\n',
    '',
  ),
  mutation(
    'Redis: whoever asks gives a lease back, with any token',
    tests(SUITE),
    `${SCRIPTS}/leases.ts`,
    'if not isLeased or leaseToken ~=',
    'if not isLeased or isDamaged and leaseToken ~=',
  ),
  {
    name: 'Redis: a record gets its expiry by a second command',
    judge: proof('redis', 'kill', 'store-cut'),
    edits: [
      edit(`${SCRIPTS}/parts.ts`, ", 'PXAT', ${digits('math.max(ends, newLeaseEnd, 1)')})", ')'),
      edit(
        STORE,
        'return wait === undefined ? this.#run(operation, script, key, args, read)',
        "const expire = ['PEXPIRE', this.#prefix + key, '3600000']\n" +
          '    const expired = (answer: Answer): Promise<Answer> => this.#line.send(operation, this.#prefix + key, expire).then(() => answer)\n' +
          '    return wait === undefined ? this.#run(operation, script, key, args, read).then(expired)',
      ),
    ],
  },
  mutation(
    'Redis: a record under a live lease expires',
    tests('test/drivers/redis/expiry.test.ts', SUITE),
    `${SCRIPTS}/parts.ts`,
    'math.max(expiresAt, leaseEnd), math.max(newExpiresAt, newLeaseEnd)',
    'expiresAt, newExpiresAt',
  ),
  mutation(
    'Redis: a user’s sessions are entered after they are written',
    tests(SUITE, 'test/drivers/redis/list-moves.test.ts'),
    DRIVER,
    "    if (userId !== undefined && !isLogin(record, before)) await answered('replace', () => this.#walk.index.enter(userId, newKey, durations))\n    const result = await this.#leases.write({ lease, key: newKey, keepLease, userId, write: asUser }, this.#leaseStore)\n",
    "    const result = await this.#leases.write({ lease, key: newKey, keepLease, userId, write: asUser }, this.#leaseStore)\n    if (userId !== undefined && !isLogin(record, before)) await answered('replace', () => this.#walk.index.enter(userId, newKey, durations))\n",
  ),
  mutation(
    'Redis: a change of id leaves the old record as it is',
    proof('redis', 'client-delay'),
    `${SCRIPTS}/mark.ts`,
    "  ${putMarker('ARGV[4]', 'ARGV[5]', 'now + math.min(math.max(expiresAt - now, ARGV[6]), ARGV[7])')}\n",
    '',
  ),
]
