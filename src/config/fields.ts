/** What a value must be. Limits of numbers that depend on other values are checked where these are used. */
export type Kind =
  | { readonly is: 'text' }
  | { readonly is: 'texts' }
  | { readonly is: 'boolean' }
  | { readonly is: 'choice'; readonly of: readonly (string | boolean)[] }
  | { readonly is: 'whole'; readonly from: number; readonly to: number }
  | { readonly is: 'number'; readonly limit: 'at least' | 'above' }
  /** It is checked by who takes it; a file that is no program cannot say it. */
  | { readonly is: 'value' }

/** Something that a configuration can say. */
export interface Field {
  /** Where it stands, such as `cookie.secure`. */
  readonly name: string
  readonly kind: Kind
  /** Where the PHP library's configuration, or its framework's, has it. */
  readonly others: readonly string[]
  /** The environment variables that say it, the first that is set. */
  readonly env: readonly string[]
  /** What holds when nobody says it; `undefined`: nothing, or what `otherwise` says. */
  readonly default: string | number | boolean | readonly string[] | undefined
  readonly otherwise: string
  /** Which option it becomes. */
  readonly option: string
  /** In one line. */
  readonly what: string
}

type More = Partial<Pick<Field, 'others' | 'env' | 'default' | 'otherwise' | 'option'>>

const TEXT: Kind = { is: 'text' }
const YES_OR_NO: Kind = { is: 'boolean' }
const VALUE: Kind = { is: 'value' }
const SOME: Kind = { is: 'number', limit: 'above' }
const ANY: Kind = { is: 'number', limit: 'at least' }
const oneOf = (...of: readonly (string | boolean)[]): Kind => ({ is: 'choice', of })
const whole = (from: number, to = Number.MAX_SAFE_INTEGER): Kind => ({ is: 'whole', from, to })

function field(name: string, kind: Kind, what: string, more: More = {}): Field {
  return { name, kind, others: [], env: [], default: undefined, otherwise: 'none', option: optionOf(name), what, ...more }
}

/** The class or function that takes what stands in a section; everything else is the manager's. */
const TAKERS: Readonly<Record<string, string>> = {
  file: 'FileDriver',
  database: 'DatabaseDriver',
  redis: 'RedisDriver',
  memory: 'MemoryDriver',
  encryption: 'EncryptedSerializer',
}

function optionOf(name: string): string {
  const [section = '', ...rest] = name.split('.')
  const taker = TAKERS[section]
  return taker === undefined ? `SessionManager ${name}` : `${taker} ${rest.join('.')}`
}

/** The same key below `drivers`, as the PHP library has it. */
const seed = (name: string): readonly string[] => [`drivers.${name}`]
const connected = { default: 'default', option: 'DriverFactory' }

/** Everything that a configuration can say, in the order of the guide and of published files. */
export const FIELDS: readonly Field[] = [
  field('driver', VALUE, 'where sessions are kept: `file`, `database`, `redis`, `memory`', {
    others: ['default'],
    env: ['SESSION_DRIVER'],
    default: 'file',
    option: 'SessionManager driver',
  }),
  field('file.path', TEXT, 'the folder, relative to the working folder', {
    others: seed('file.path'),
    env: ['SESSION_FILE_PATH', 'SESSION_PATH'],
    default: 'var/sessions',
  }),
  field('file.durability', oneOf('process', 'power'), 'what a write outlives: a crash of the process, or a loss of power', {
    others: seed('file.durability'),
    default: 'process',
  }),
  field('file.singleProcess', YES_OR_NO, 'promises that one process uses the folder', {
    others: seed('file.singleProcess'),
    default: false,
  }),
  field('database.connection', VALUE, 'the name of the connection', { others: seed('database.connection'), ...connected }),
  field('database.url', TEXT, '`postgres:`, `mysql:`, `mariadb:` or `sqlite:` and where it is', {
    others: seed('database.url'),
    env: ['DATABASE_URL'],
    option: 'DatabaseDriver client',
  }),
  field('database.library', TEXT, 'the npm package that connects to the URL', {
    others: seed('database.library'),
    otherwise: 'the first that fits and is installed',
    option: 'DriverFactory',
  }),
  field('database.table', TEXT, 'the table', { others: seed('database.table'), env: ['SESSION_TABLE'], default: 'sessions' }),
  field('database.dialect', oneOf('postgres', 'mysql', 'mariadb', 'sqlite'), 'which SQL the database speaks', {
    others: seed('database.dialect'),
    otherwise: 'found out',
  }),
  field('database.prepare', YES_OR_NO, 'whether statements are prepared', { others: seed('database.prepare'), default: true }),
  field('database.statementTimeoutSeconds', SOME, 'seconds that a statement may take', {
    others: seed('database.statementTimeoutSeconds'),
    default: 5,
  }),
  field('redis.connection', VALUE, 'the name of the connection', {
    others: seed('redis.connection'),
    env: ['REDIS_SESSION_CONNECTION'],
    ...connected,
  }),
  field('redis.url', TEXT, '`redis:` or `rediss:` and where it is', {
    others: seed('redis.url'),
    env: ['REDIS_URL'],
    option: 'RedisDriver client',
  }),
  field('redis.library', oneOf('redis', 'ioredis', 'iovalkey'), 'the npm package that connects to the URL', {
    others: seed('redis.library'),
    otherwise: 'the first that is installed',
    option: 'DriverFactory',
  }),
  field('redis.prefix', TEXT, 'how the names of all keys begin', { others: seed('redis.prefix'), default: 'session:' }),
  field('redis.commandTimeoutSeconds', SOME, 'seconds that a command may take', {
    others: seed('redis.commandTimeoutSeconds'),
    default: 2,
  }),
  field('redis.waitReplicas.replicas', whole(1), 'replicas that must have a write before it is answered', {
    others: seed('redis.waitReplicas.replicas'),
  }),
  field('redis.waitReplicas.timeoutSeconds', SOME, 'seconds that they may take', {
    others: seed('redis.waitReplicas.timeoutSeconds'),
    otherwise: '1',
  }),
  field('memory.maxEntries', whole(1), 'sessions kept at most', { others: seed('memory.maxEntries'), default: 100_000 }),
  field('memory.acknowledged', YES_OR_NO, 'leaves out the warning in production', {
    others: seed('memory.acknowledged'),
    default: false,
  }),
  field('lifetime.preset', oneOf('aal1', 'aal2', 'aal3'), 'the limits of a level of NIST SP 800-63B-4, for what is not given'),
  field('lifetime.idleSeconds', SOME, 'seconds without use after which a session ends', {
    others: ['lifetime'],
    env: ['SESSION_LIFETIME'],
    default: 7200,
  }),
  field('lifetime.absoluteSeconds', ANY, 'seconds after which it ends however much it is used; 0 for never', { default: 2_592_000 }),
  field('lifetime.maxIdleSeconds', SOME, 'what `session.setLifetime` may ask for at most', { otherwise: '`idleSeconds`' }),
  field('lifetime.maxAbsoluteSeconds', ANY, 'what it may ask for at most; 0 for anything', { otherwise: '`absoluteSeconds`' }),
  field('lifetime.touchEverySeconds', ANY, 'seconds between two records of mere use', { otherwise: '60, or a tenth of `idleSeconds`' }),
  field('lifetime.rotateEverySeconds', SOME, 'seconds after which a session in use gets a new id', { otherwise: 'never' }),
  field('lifetime.graceSeconds', ANY, 'seconds for which an old id is still understood', { default: 30 }),
  field('cookie.name', TEXT, 'the name, before any prefix', {
    others: ['cookie_name'],
    env: ['SESSION_COOKIE_NAME'],
    default: 'ml_session',
    option: 'SessionManager name',
  }),
  field('cookie.lifetimeSeconds', whole(0, 34_560_000), 'seconds that the browser keeps it; 0 until it is closed', {
    others: ['cookie_lifetime', 'cookie.lifetime'],
    env: ['SESSION_COOKIE_LIFETIME'],
    default: 7200,
  }),
  field('cookie.path', TEXT, 'below which path browsers send it', {
    others: ['cookie_path'],
    env: ['SESSION_COOKIE_PATH'],
    default: '/',
  }),
  field('cookie.domain', TEXT, 'a domain whose sub-domains all get it', { others: ['cookie_domain'], env: ['SESSION_COOKIE_DOMAIN'] }),
  field('cookie.secure', oneOf(true, false, 'auto'), 'over HTTPS alone; `auto` is for development', {
    others: ['cookie_secure'],
    env: ['SESSION_COOKIE_SECURE'],
    default: true,
  }),
  field('cookie.httpOnly', YES_OR_NO, 'no script in the page can read it', {
    others: ['cookie_httponly', 'cookie.httponly'],
    env: ['SESSION_COOKIE_HTTPONLY'],
    default: true,
  }),
  field('cookie.sameSite', oneOf('Lax', 'Strict', 'None'), 'what requests from other sites carry it; `None` needs `secure`', {
    others: ['cookie_samesite', 'cookie.same_site', 'cookie.samesite'],
    env: ['SESSION_COOKIE_SAMESITE'],
    default: 'Lax',
  }),
  field('cookie.prefix', oneOf('auto', 'none', '__Host-', '__Secure-'), 'what stands before the name', { default: 'auto' }),
  field('cookie.partitioned', YES_OR_NO, 'a jar of its own in each site that embeds the page', { default: false }),
  field('cookie.priority', oneOf('Low', 'Medium', 'High'), 'which cookies Chromium gives up last'),
  field('lock.waitSeconds', ANY, 'seconds that a request waits for a session', { default: 30 }),
  field('lock.leaseSeconds', SOME, 'seconds after which the lock of a dead process is free', { default: 10 }),
  field('lock.maxHoldSeconds', SOME, 'seconds that one request may hold a session', { default: 60 }),
  field('lock.maxWaiters', whole(0), 'requests of one process that may wait for one session', { default: 64 }),
  field('concurrency', oneOf('exclusive', 'merge', 'readonly'), 'how requests of one session meet', { default: 'exclusive' }),
  field('encrypt', YES_OR_NO, 'seals sessions with AES-256-GCM', {
    env: ['SESSION_ENCRYPT'],
    default: false,
    option: 'SessionManager serializer',
  }),
  field('keys', VALUE, 'the keys by their names: the first seals, all open', { env: ['APP_KEY'], option: 'EncryptedSerializer keys' }),
  field('encryption.acceptPlaintext', YES_OR_NO, 'takes sessions that are not sealed yet', { default: false }),
  field('encryption.sealMetadata', YES_OR_NO, 'seals address and user agent too', { default: false }),
  field('encryption.reloadEverySeconds', ANY, 'seconds after which keys that a function gave are fetched again', { default: 300 }),
  field('hashIds', YES_OR_NO, 'drivers get the hash of an id', { default: true }),
  field('onStoreError', oneOf('closed', 'anonymous'), 'when the store cannot be reached', { default: 'closed' }),
  field('onUnreadable', oneOf('new', 'throw'), 'when a session is there and cannot be read', { default: 'new' }),
  field('onGone', oneOf('anonymous', 'throw'), 'when a session ended while a request held it', { default: 'anonymous' }),
  field('onReuse', oneOf('report', 'revoke'), 'when an id comes that was replaced long ago', { default: 'report' }),
  field('binding.ipAddress', oneOf('off', 'report', 'rotate', 'reject'), 'when the address is in another network', { default: 'off' }),
  field('binding.userAgent', oneOf('off', 'report', 'rotate', 'reject'), 'when the browser is another one', { default: 'off' }),
  field('binding.ipv4Bits', whole(1, 32), 'the leading bits that make a network', { default: 24 }),
  field('binding.ipv6Bits', whole(1, 128), 'the same of IPv6', { default: 64 }),
  field('maxPerUser.sessions', whole(1, 100_000), 'sessions that a user may have at once', { otherwise: 'any number' }),
  field('maxPerUser.whenReached', oneOf('refuse', 'evict-oldest', 'allow'), 'what the next login does', { otherwise: '`evict-oldest`' }),
  field('collectEverySeconds', ANY, 'seconds between two collections of expired sessions; 0 for none', { default: 300 }),
  field('enabled', YES_OR_NO, 'whether there are sessions at all', {
    env: ['SESSION_ENABLED'],
    default: true,
    option: '`session()` enabled',
  }),
  field('except', { is: 'texts' }, 'paths without a session: `/health`, `/assets/`, `#\\.json$#i`', {
    default: [],
    option: '`session()` except',
  }),
  field('trustProxy', VALUE, 'how many proxies are in front, or their addresses', { default: false, option: '`session()` trustProxy' }),
  field('saveOnError', YES_OR_NO, 'stores what a failed request set', { default: false, option: '`session()` saveOnError' }),
]

/** What only a program can say. */
export const VALUES: readonly Field[] = [
  ...['database', 'redis'].map((name) => field(`${name}.client`, VALUE, 'a client of yours', { others: seed(`${name}.client`) })),
  field('redis.redis', VALUE, 'another word for `redis.client`', { others: seed('redis.redis'), option: 'RedisDriver client' }),
  field('connections', VALUE, 'the clients, or their URLs, by the names of connections', { option: 'DriverFactory connections' }),
  field('serializer', VALUE, 'makes text of a session’s data', { otherwise: '`new NativeSerializer()`' }),
  ...['schema', 'upgradeData', 'moveIn', 'bags', 'clock'].map((name) => field(name, VALUE, 'as the manager has it')),
]

/** How long sessions live, as the PHP library says it: of each driver. The one that is chosen counts. */
export const DRIVER_LIFETIMES: readonly Field[] = ['file', 'database', 'redis', 'memory'].map((name) =>
  field(`${name}.lifetime`, SOME, 'seconds without use', {
    others: seed(`${name}.lifetime`),
    option: 'SessionManager lifetime.idleSeconds',
  }),
)
