import { connect, type Socket } from 'node:net'
import type { Brake } from './brake.ts'
import { Lane } from './lane.ts'
import type { CommandCut, Direction, PlannedCuts } from './planned-cuts.ts'
import { RespReader } from './resp-reader.ts'

export interface ConnectionOptions {
  readonly client: Socket
  readonly target: { readonly host: string; readonly port: number }
  readonly brakes: Readonly<Record<Direction, Brake>>
  readonly cuts: PlannedCuts
  /** Whether the bytes are read as commands and replies. Each command then passes as a whole. */
  readonly readsCommands: boolean
}

/** One client's connection through the proxy, with the proxy's own to the server. */
export class Connection {
  readonly #client: Socket
  readonly #server: Socket
  readonly #cuts: PlannedCuts
  readonly #lanes: Readonly<Record<Direction, Lane>>
  readonly #commands = new RespReader()
  readonly #replies = new RespReader()
  /** Whether bytes went to the server since bytes came from it: what it says next is the beginning of an answer. */
  #isAsked = false
  #sent = 0
  #answered = 0
  /** A cut that waits for the answers to what was sent. From its command on nothing more is sent. */
  #cutting: { readonly plan: CommandCut; readonly words: readonly string[] } | undefined

  constructor({ client, target, brakes, cuts, readsCommands }: ConnectionOptions) {
    this.#client = client
    this.#server = connect({ ...target, allowHalfOpen: true, noDelay: true })
    this.#cuts = cuts
    const lane = (direction: Direction, from: Socket, to: Socket, read: (bytes: Buffer) => Iterable<Buffer>): Lane => {
      const whole = (bytes: Buffer): Iterable<Buffer> => [bytes]
      const pieces = (bytes: Buffer) => {
        if (this.#cutsAnswer(direction)) return []
        return this.#counted(direction, readsCommands ? read(bytes) : whole(bytes))
      }
      return new Lane({ from, to, brake: brakes[direction], pieces })
    }
    this.#lanes = {
      toServer: lane('toServer', client, this.#server, (bytes) => this.#sending(bytes)),
      toClient: lane('toClient', this.#server, client, (bytes) => this.#answering(bytes)),
    }
    for (const socket of [client, this.#server]) {
      socket.on('error', () => this.cut())
    }
  }

  /** Calls back once both sides are gone. */
  onceClosed(listener: () => void): void {
    let open = 2
    for (const socket of [this.#client, this.#server]) {
      socket.once('close', () => {
        open -= 1
        if (open === 0) listener()
      })
    }
  }

  /** Resets both sides at once: what was under way is lost. */
  cut(): void {
    for (const socket of [this.#client, this.#server]) if (!socket.destroyed) socket.resetAndDestroy()
  }

  /** Ends one direction, as a program does that says it will send no more; the other goes on. */
  halfClose(direction: Direction): void {
    this.#lanes[direction].close()
  }

  #cutsAnswer(direction: Direction): boolean {
    const begins = this.#isAsked && direction === 'toClient'
    this.#isAsked = direction === 'toServer'
    const cut = begins ? this.#cuts.countAnswer() : undefined
    if (cut === undefined) return false
    this.cut()
    cut()
    return true
  }

  *#sending(bytes: Buffer): Generator<Buffer> {
    for (const { bytes: command, value } of this.#commands.push(bytes)) {
      if (this.#cutting !== undefined) return
      const words = Array.isArray(value) ? value.map(String) : [String(value)]
      const plan = this.#cuts.countCommand(words)
      if (plan !== undefined) this.#cutting = { plan, words }
      if (plan?.moment === 'before') return this.#cutWhenAnswered()
      this.#sent += 1
      yield command
    }
  }

  *#answering(bytes: Buffer): Generator<Buffer> {
    for (const { bytes: reply, isPush } of this.#replies.push(bytes)) {
      const isLast = !isPush && this.#answered + 1 === this.#sent
      if (isLast && this.#cutting?.plan.moment === 'after') return this.#makeCut()
      yield reply
      if (!isPush) this.#answered += 1
      this.#cutWhenAnswered()
    }
  }

  #cutWhenAnswered(): void {
    if (this.#cutting?.plan.moment === 'before' && this.#answered === this.#sent) this.#makeCut()
  }

  #makeCut(): void {
    if (this.#cutting === undefined) return
    this.cut()
    this.#cutting.plan.done(this.#cutting.words)
  }

  *#counted(direction: Direction, pieces: Iterable<Buffer>): Generator<Buffer> {
    for (const piece of pieces) {
      const { pass, cut } = this.#cuts.countBytes(direction, piece.length)
      yield piece.subarray(0, pass)
      if (cut === undefined) continue
      this.cut()
      return cut()
    }
  }
}
