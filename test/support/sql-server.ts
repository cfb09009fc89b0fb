import { chownSync } from 'node:fs'
import { guardMemory, makeGuardedFolder, removeGuardedFolder, removeGuardedMemory } from '../../proof/faults/guard.ts'
import { type Exit, type Program, type ProgramOptions, type ProgramUser, startProgram } from '../../proof/faults/program.ts'
import { freePorts } from './free-ports.ts'

/** What is different from one program to the next. */
export interface SqlServerKind {
  /** For the name of its folder and for error messages, such as `postgres`. */
  readonly name: string
  readonly command: string
  readonly args: (port: number, folder: string) => readonly string[]
  /** For a client, with user and database. */
  readonly url: (port: number) => string
  /** What it prints once it answers. Told by what it prints, not by who answers on the port: that may be somebody who was faster. */
  readonly readyLine: string
  /** Ends it properly, without waiting for its clients. */
  readonly endSignal: NodeJS.Signals
  /** Makes its data, once, in a folder that is empty and its own. */
  readonly prepare?: (folder: string) => void | Promise<void>
  /** Whether it answers from processes of its own for each client. */
  readonly hasFamily: boolean
  /** The number of the shared memory that it leaves behind when it is killed. Asked when it is ready. */
  readonly memory?: (folder: string) => number | undefined
}

/** As much of a server as tests need that break nothing. */
export interface ServerForTests {
  readonly url: string
  readonly stop: () => Promise<void>
}

const TRIES = 5
/** Until it has made good again what a kill left. */
const START_MS = 60_000
/** One that was out of room may never end by itself. */
const END_MS = 20_000
const NOBODY = 65_534

/** A database server of our own, in processes of its own: kill it, stop it, start it again. */
export class SqlServer {
  readonly folder: string
  readonly #kind: SqlServerKind
  #port = 0
  #program: Program | undefined
  #memory: number | undefined

  /** Use `startPostgres` and the like. */
  constructor(kind: SqlServerKind, folder: string) {
    this.#kind = kind
    this.folder = folder
  }

  get port(): number {
    return this.#port
  }

  get url(): string {
    return this.#kind.url(this.port)
  }

  get pid(): number {
    return this.#running.pid
  }

  /** What it has printed last. */
  get output(): string {
    return this.#running.output
  }

  /** SIGKILL of all of its processes at once, as when its machine fails. Waits until they are gone. `restart` brings it back. */
  kill(): Promise<Exit> {
    return this.#running.kill()
  }

  /** SIGSTOP of all of its processes: it keeps its connections and its locks, and answers nobody. */
  pause(): Promise<void> {
    return this.#running.pause()
  }

  /** SIGCONT: it answers again, also what it was asked meanwhile. */
  resume(): void {
    this.#running.resume()
  }

  /** Ends it properly if it still runs, and starts it again on the same port and folder. */
  async restart(): Promise<void> {
    const running = this.#running
    if (!running.hasEnded) running.resume()
    const tooLate = setTimeout(() => void running.kill(), END_MS)
    await running.end(this.#kind.endSignal)
    clearTimeout(tooLate)
    for (let tries = 1; ; tries++) {
      try {
        return await this.#start()
      } catch (error) {
        if (tries === TRIES || !this.#portWasTaken) throw error
      }
    }
  }

  /** Ends it for good, at once, and removes its folder. A second call does nothing. */
  async stop(): Promise<void> {
    await this.#program?.kill()
    this.#keepMemory(undefined)
    removeGuardedFolder(this.folder)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Starts one on a free port, and on another when somebody was faster. */
  static async create(kind: SqlServerKind): Promise<SqlServer> {
    const server = new SqlServer(kind, makeServerFolder(kind.name))
    try {
      await kind.prepare?.(server.folder)
      for (let tries = 1; ; tries++) {
        const [port = 0] = await freePorts(1)
        server.#port = port
        try {
          await server.#start()
          return server
        } catch (error) {
          if (tries === TRIES || !server.#portWasTaken) throw error
        }
      }
    } catch (error) {
      await server.stop()
      throw error
    }
  }

  async #start(): Promise<void> {
    const { command, args, name, hasFamily, readyLine } = this.#kind
    const program = await startServerProgram(command, args(this.port, this.folder), this.folder, { withFamily: hasFamily })
    this.#program = program
    const tooLate = setTimeout(() => void program.kill(), START_MS)
    const isReady = await program.untilPrinted(readyLine)
    clearTimeout(tooLate)
    if (!isReady) throw new Error(`${name} did not start on port ${this.port}: ${program.output}`)
    this.#keepMemory(this.#kind.memory?.(this.folder))
  }

  /** What it had before a kill is its own no more. */
  #keepMemory(memory: number | undefined): void {
    if (memory === this.#memory) return
    if (this.#memory !== undefined) removeGuardedMemory(this.#memory)
    if (memory !== undefined) guardMemory(memory)
    this.#memory = memory
  }

  get #running(): Program {
    if (this.#program === undefined) throw new Error('this server was never started')
    return this.#program
  }

  get #portWasTaken(): boolean {
    return this.#program?.output.includes('Address already in use') === true
  }
}

/** The server that a variable names, which runs on when the tests are over. */
export function namedServer(variable: string): ServerForTests | undefined {
  const url = process.env[variable]
  return url === undefined || url === '' ? undefined : { url, stop: async () => {} }
}

/** Starts a program as a user whom database servers accept, in a folder of `makeServerFolder`. What it prints is not translated. */
export function startServerProgram(
  command: string,
  args: readonly string[],
  folder: string,
  options: ProgramOptions = {},
): Promise<Program> {
  return startProgram(command, args, { ...options, folder, user: serverUser(), env: { LC_ALL: 'C', ...options.env } })
}

/** Runs such a program to its end. */
export async function runServerProgram(command: string, args: readonly string[], folder: string): Promise<void> {
  const program = await startServerProgram(command, args, folder, { withFamily: true })
  const { code, signal } = await program.untilExit()
  if (code !== 0) throw new Error(`${command} ended with ${code ?? signal}: ${program.output}`)
}

/** Database servers refuse to run as root: as `nobody` then, whom every system has. */
export function serverUser(): ProgramUser | undefined {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : undefined
}

/** A guarded folder that belongs to that user. */
export function makeServerFolder(name: string): string {
  const folder = makeGuardedFolder(`own-${name}`)
  const user = serverUser()
  if (user !== undefined) chownSync(folder, user.uid, user.gid)
  return folder
}
