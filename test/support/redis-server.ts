import { makeGuardedFolder, removeGuardedFolder } from '../../proof/faults/guard.ts'
import { type Exit, type Program, startProgram } from '../../proof/faults/program.ts'
import type { RespValue } from '../../proof/faults/resp-reader.ts'
import { until } from '../../proof/faults/until.ts'
import { howToGet, needs } from '../../scripts/services.ts'
import { freePorts } from './free-ports.ts'
import { respOnce } from './resp.ts'

export interface RedisOptions {
  /** Keeps what it has acknowledged, also when it is killed: `appendonly yes`, `appendfsync always`. Default: keeps nothing. */
  readonly durable?: boolean
  /** More arguments, such as `['--maxmemory', '2mb']`. */
  readonly args?: readonly string[]
}

const TRIES = 5
/** Until all of an append-only file is loaded. */
const START_MS = 120_000

/** A Redis server of our own, in a process of its own: kill it, stop it, start it again. */
export class RedisServer {
  readonly port: number
  readonly folder: string
  readonly #args: readonly string[]
  #program: Program | undefined

  /** Use `startRedis`. */
  constructor(port: number, folder: string, args: readonly string[]) {
    this.port = port
    this.folder = folder
    this.#args = args
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  get pid(): number {
    return this.#running.pid
  }

  /** Sends one command on a connection of its own. An error reply is thrown as `RespError`. */
  command(...words: (string | number)[]): Promise<RespValue> {
    return respOnce(this.port, ...words)
  }

  /** The fields of `INFO SECTION`. */
  async info(section: string): Promise<ReadonlyMap<string, string>> {
    return fieldsOf(await this.command('INFO', section))
  }

  /**
   * Starts it, and is ready when it answers. For `startRedis` and `restart`.
   *
   * @param args For this run only.
   */
  async start(args: readonly string[] = []): Promise<void> {
    const program = await startProgram(redisServerPath(), [...this.#args, ...args])
    this.#program = program
    await until(`Redis on port ${this.port}`, async () => program.hasEnded || (await this.#answersAs(program.pid)), START_MS)
    if (program.hasEnded) throw new Error(`redis-server did not start on port ${this.port}: ${program.output}`)
  }

  /** Ends it for good, at once, and removes its folder. A second call does nothing. */
  async stop(): Promise<void> {
    await this.#program?.kill()
    removeGuardedFolder(this.folder)
  }

  /** SIGKILL, as when its machine fails. `restart` brings it back. */
  kill(): Promise<Exit> {
    return this.#running.kill()
  }

  /** SIGSTOP: it keeps its connections and answers nobody. */
  pause(): Promise<void> {
    return this.#running.pause()
  }

  /** SIGCONT: it answers again, also what it was asked meanwhile. */
  resume(): void {
    this.#running.resume()
  }

  /** Ends it properly if it still runs, and starts it again on the same port and folder. */
  async restart(args: readonly string[] = []): Promise<void> {
    await this.#running.end('SIGTERM')
    for (let tries = 1; ; tries++) {
      try {
        return await this.start(args)
      } catch (error) {
        if (tries === TRIES || !this.#portWasTaken) throw error
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Whether it is this one that answers, and not who was faster in taking the port. PING says also whether all is loaded. */
  async #answersAs(pid: number): Promise<boolean> {
    return (await this.command('PING')) === 'PONG' && (await this.info('server')).get('process_id') === String(pid)
  }

  get #running(): Program {
    if (this.#program === undefined) throw new Error('this server was never started')
    return this.#program
  }

  get #portWasTaken(): boolean {
    return this.#running.output.includes('Address already in use')
  }

  /** Starts one on a free port, and on another when somebody was faster. */
  static async create(argsOf: (port: number, busPort: number, folder: string) => readonly string[]): Promise<RedisServer> {
    for (let tries = 1; ; tries++) {
      const [port = 0, busPort = 0] = await freePorts(2)
      const folder = makeGuardedFolder('own-redis')
      const server = new RedisServer(port, folder, argsOf(port, busPort, folder))
      try {
        await server.start()
        return server
      } catch (error) {
        const again = tries < TRIES && server.#program !== undefined && server.#portWasTaken
        await server.stop()
        if (!again) throw error
      }
    }
  }
}

/** Starts a single server on a free port. Stop it afterwards, or say `await using`. */
export function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  return RedisServer.create((port, _busPort, folder) => redisArgs(port, folder, options))
}

/** The command line of a server: nothing kept on disk unless it is to be durable, then everything. */
export function redisArgs(port: number, folder: string, { durable = false, args = [] }: RedisOptions): string[] {
  const kept = durable ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no']
  return ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...kept, ...args]
}

export interface ServerForTests {
  readonly url: string
  readonly stop: () => Promise<void>
}

/** A single server for tests that break nothing: the one that `HOLDFAST_TEST_REDIS` names, else one of our own. */
export async function redisForTests(): Promise<ServerForTests> {
  const named = process.env['HOLDFAST_TEST_REDIS']
  if (named !== undefined && named !== '') return { url: named, stop: async () => {} }
  const server = await startRedis()
  return { url: server.url, stop: () => server.stop() }
}

/** The lines `name:value` of an answer, as INFO and CLUSTER INFO give them. */
export function fieldsOf(answer: RespValue): ReadonlyMap<string, string> {
  const lines = String(answer).split('\r\n')
  return new Map(
    lines.filter((line) => line.includes(':')).map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  )
}

function redisServerPath(): string {
  const path = needs['redis-server'].find()
  if (path === undefined) throw new Error(`redis-server is missing: ${howToGet('redis-server')}`)
  return path
}
