import { guardIn } from './mutant.ts'
import type { Mutant } from './mutant.ts'
import { duties, requestGuards } from './security-requests.ts'

const STORED = 'requests/stored-in-memory.test.ts'
const SESSIONS = 'sessions/on-memory.test.ts'
const COOKIES = 'requests/cookies.test.ts'
const SECRETS = 'requests/secrets.test.ts'
const RACES = 'requests/races.test.ts'

/** Guards of sessions: ids, limits, ends, owners. */
const SESSION_GUARDS: readonly Mutant[] = [
  guardIn('ids are stored hashed', 'src/manager/make-house.ts', 'settings.hashIds ? hashId : idAsKey', 'idAsKey', STORED),
  guardIn('an id has the alphabet and length of one', 'src/session/id.ts', '/^[0-9a-f]{40}$/', '/^[\\s\\S]*$/', SESSIONS, COOKIES),
  {
    guard: 'a session ends when it is idle',
    edits: [
      { file: 'src/session/lifetime.ts', text: 'if (now - lastActivity >= idleMs) return true\n', without: '' },
      { file: 'src/drivers/instants.ts', text: 'now + durations.idleMs', without: 'now + 1000 * durations.idleMs' },
    ],
    likely: [SESSIONS],
  },
  {
    guard: 'a session ends at its absolute limit',
    edits: [
      { file: 'src/session/lifetime.ts', text: 'return absoluteMs !== undefined &&', without: 'return absoluteMs === 0 &&' },
      {
        file: 'src/drivers/instants.ts',
        text: 'durations.absoluteMs === undefined ? idleEnd',
        without: 'durations.absoluteMs !== 0 ? idleEnd',
      },
    ],
    likely: [SESSIONS],
  },
  guardIn(
    'an id that the store does not know is not used',
    'src/manager/arrival.ts',
    `      this.#debt.hasCookie = false
    }
    this.openNew()
`,
    `      this.#debt.hasCookie = false
    }
    this.openNew()
    this.#state.setId(ids[0])
`,
    SESSIONS,
  ),
  guardIn(
    'what a login replaced leads nowhere',
    'src/manager/custody.ts',
    "const isLogin = options.destroy === true || this.#replacement?.reason === 'login'",
    'const isLogin = false',
    SESSIONS,
  ),
  guardIn(
    'a logout ends the session in the store',
    'src/manager/ending.ts',
    'const destroyed = await destroyOnce(house, key)\n',
    "const destroyed: Awaited<ReturnType<typeof destroyOnce>> = { kind: 'nothing' }\n",
    SESSIONS,
  ),
  guardIn(
    'a logout ends what the id has become by itself',
    'src/manager/ending.ts',
    'if (successor !== undefined) await destroyFamily(house, await successor)\n',
    '',
    RACES,
  ),
  guardIn(
    'a login lowers the level of another user',
    'src/session/metadata-bag.ts',
    'if (userId === undefined || (isOther && !this.#isProven)) this.#remove(LEVEL_KEY)\n',
    '',
    SESSIONS,
  ),
  guardIn(
    'a fresh login is asked for',
    'src/session/session-state.ts',
    'this.#storeNow - authenticatedAt <= withinSeconds * 1000',
    'this.#storeNow - authenticatedAt + withinSeconds > -1',
    SESSIONS,
    'sessions/step-up.test.ts',
  ),
  guardIn(
    'a user has no more sessions than maxPerUser',
    'src/manager/user-limit.ts',
    'const tooMany = others.size + 1 - limit.sessions',
    'const tooMany = others.size - limit.sessions - 100',
    SESSIONS,
  ),
  guardIn(
    'a login that is under way is revoked too',
    'src/drivers/revoke.ts',
    'const revoked = after.counter !== before.counter && !wasLeft',
    'const revoked = after.counter < before.counter && !wasLeft',
    RACES,
  ),
  guardIn(
    'a new id is random',
    'src/session/id.ts',
    'return randomHex(ID_BYTES) as SessionId',
    "return randomHex(4).padStart(2 * ID_BYTES, '0') as SessionId",
    SECRETS,
    SESSIONS,
  ),
  guardIn('no event holds an id where keys are ids', 'src/manager/event-hub.ts', ', ...(this.#hidesKeys && NO_KEYS)', '', SECRETS, STORED),
  guardIn(
    'no error holds an id where keys are ids',
    'src/session/id.ts',
    'key.length === 64 ? key',
    'key.length > 0 ? key',
    SECRETS,
    STORED,
  ),
]

/** Guards of what is stored: locks, versions, sealing. */
const STORE_GUARDS: readonly Mutant[] = [
  guardIn(
    'a write needs the version that was read',
    'src/drivers/memory.ts',
    `    if (isLeased(entry, now)) return BUSY
    if (!sameVersion(entry.record.version, version)) return CONFLICT
    const next = recordOf(`,
    `    if (isLeased(entry, now)) return BUSY
    const next = recordOf(`,
    STORED,
  ),
  guardIn('a write needs the lock', 'src/drivers/memory.ts', '    entry.leaseToken === lease.token &&\n', '', STORED, SESSIONS),
  guardIn(
    'a lock is given to one',
    'src/drivers/memory.ts',
    '    if (entry.leaseToken !== token && isLeased(entry, now)) return BUSY\n',
    '',
    STORED,
  ),
  guardIn(
    'a lock is given back by its holder',
    'src/drivers/memory.ts',
    `    if (entry === undefined || entry.leaseToken !== lease.token) return NO
    const wasHeld`,
    `    if (entry === undefined) return NO
    const wasHeld`,
    STORED,
  ),
  guardIn(
    'a wait for a lock has an end',
    'src/manager/finder.ts',
    'if (left <= 0) return Promise.reject(SessionLockError.timeout(key, wait.waitSeconds))\n',
    '',
    STORED,
  ),
  guardIn(
    'a store that cannot be asked gives no session',
    'src/manager/opening.ts',
    "'ERR_SESSION_DRIVER_FAILED' && onStoreError === 'anonymous'",
    "'ERR_SESSION_DRIVER_FAILED'",
    STORED,
  ),
  guardIn('a sealed text is bound to its place', 'src/serializers/sealing/envelope.ts', '\\n${field}\\n${key}`', '`', SECRETS),
  guardIn('a tag is checked', 'src/serializers/sealing/node-engine.ts', '      decipher.final()\n', '', SECRETS),
  guardIn(
    'a key has 32 bytes',
    'src/serializers/sealing/key-text.ts',
    'if (bytes.length !== KEY_BYTES) return',
    'if (bytes.length === 0) return',
    SECRETS,
  ),
  guardIn(
    'a retired key opens nothing',
    'src/serializers/sealing/key-ring.ts',
    "if (state === 'retired' || bytes === undefined) continue",
    'if (bytes === undefined) continue',
    STORED,
  ),
  guardIn(
    'plain text is not taken for sealed',
    'src/serializers/sealing/opener.ts',
    'if (this.#acceptsPlain) return',
    'return',
    SECRETS,
    STORED,
  ),
  guardIn(
    'what does not open gives one same error',
    'src/serializers/sealing/failure.ts',
    "SessionError.deserializationFailed('A sealed text could not be opened.')",
    'SessionError.deserializationFailed(`A sealed text could not be opened: ${reason}.`)',
    STORED,
  ),
  guardIn(
    'an IV is new each time',
    'src/serializers/sealing/writer-key.ts',
    '    this.#used += IV_BYTES\n',
    '    this.#used = IV_BYTES\n',
    SECRETS,
  ),
  guardIn(
    'stored text changes no prototype',
    'src/serializers/rich-text.ts',
    'else Object.defineProperty(target, own, { value, writable: true, enumerable: true, configurable: true })',
    'else target[own] = value',
    SECRETS,
  ),
  guardIn("no part of a key is '__proto__'", 'src/session/dot-path.ts', 'if (!UNSAFE.has(segment)) return', 'return', SECRETS),
  guardIn('no control character is kept of a user agent', 'src/session/request-info.ts', ".replace(UNPRINTABLE, '\\ufffd')", '', SECRETS),
]

/** Every guard of which a test must notice that it is gone. What takes the same time for every secret is among them only where it can be counted. */
export const mutants: readonly Mutant[] = [...SESSION_GUARDS, ...STORE_GUARDS, ...requestGuards, ...duties]
