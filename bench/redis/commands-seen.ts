import { createClient } from 'redis'
import { randomHex } from '../../src/session/random.ts'

const SEEN = /^\S+ \[\d+ (\S+)\] "(\w+)"(?: "(\w*)")?/
const PATIENCE_MS = 10_000

/** A command as the server saw it. */
export interface SeenCommand {
  readonly name: string
  /** Of EVALSHA the script's digest. */
  readonly first: string
}

/** What a server is sent by its clients, by MONITOR. What a script does in the server is not among it. */
export class CommandsSeen {
  readonly #seen: SeenCommand[] = []
  readonly #ends: () => void
  readonly #ask: (mark: string) => Promise<unknown>

  static async on(url: string): Promise<CommandsSeen> {
    const [watcher, asker] = await Promise.all([createClient({ url }).connect(), createClient({ url }).connect()])
    const seen = new CommandsSeen(
      (mark) => asker.echo(mark),
      () => {
        watcher.destroy()
        asker.destroy()
      },
    )
    await watcher.monitor((line) => seen.#hear(line))
    await seen.take()
    return seen
  }

  private constructor(ask: (mark: string) => Promise<unknown>, ends: () => void) {
    this.#ask = ask
    this.#ends = ends
  }

  /** All that the server has been sent up to now, since the last time. */
  async take(): Promise<SeenCommand[]> {
    const mark = randomHex(8)
    await this.#ask(mark)
    const isMark = ({ name, first }: SeenCommand): boolean => name === 'echo' && first === mark
    for (const end = performance.now() + PATIENCE_MS; !this.#seen.some(isMark);) {
      if (performance.now() > end) throw new Error('MONITOR says nothing any more')
      await new Promise((resolve) => setImmediate(resolve))
    }
    return this.#seen.splice(0, this.#seen.findIndex(isMark) + 1).filter(({ name }) => name !== 'echo')
  }

  [Symbol.dispose](): void {
    this.#ends()
  }

  #hear(line: string): void {
    const [, from = '', name = '', first = ''] = SEEN.exec(line) ?? []
    if (name !== '' && from !== 'lua') this.#seen.push({ name: name.toLowerCase(), first })
  }
}
