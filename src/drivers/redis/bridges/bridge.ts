/** A part of a command. */
export type Argument = string | Buffer

/** One connection to one master. A reply's bulk strings come as bytes, but for those of a few plain commands as text. */
export interface Connection {
  /** Sends a command, once. */
  readonly send: (command: readonly Argument[]) => Promise<unknown>
}

/** A master, for what has no key. */
export interface Master extends Connection {
  /** Where it is, such as `127.0.0.1:6379`. */
  readonly name: string
}

/**
 * What became of a command that was not answered with a reply.
 * - `refused`: it was not sent.
 * - `reply`: the server answered with an error, and did not carry it out.
 * - `unknown`: it was sent, or may have been, and no answer came.
 */
export type FailureKind = 'refused' | 'reply' | 'unknown'

/**
 * What the driver needs of a client library. A bridge never lets its library send a command a second time after it may have arrived, never
 * reads from a replica, and closes only connections that it made itself.
 */
export interface Bridge {
  /** Connects what is not connected. */
  readonly connect: () => Promise<void>
  readonly close: () => Promise<void>
  /** Whether a command would be sent now rather than wait for a connection. */
  readonly isReady: () => boolean
  /** Sends a command to the master that has the key, following redirections of a Cluster. */
  readonly send: (key: string, command: readonly Argument[]) => Promise<unknown>
  /** Lets several commands go over one connection to the master that has the key, one after another. It follows no redirection. */
  readonly onOneConnection: <Result>(key: string, use: (connection: Connection) => Promise<Result>) => Promise<Result>
  readonly masters: () => Promise<readonly Master[]>
  readonly kindOf: (error: unknown) => FailureKind
  /** The last error that the client told of by an event: why it is not connected. */
  readonly trouble: () => unknown
}

/** A command that the bridge itself did not hand to its library. */
export class NotSent extends Error {
  override readonly name = 'NotSent'
}

/** What a library throws for an error reply begins with the server's word for it, in capitals: `READONLY You can't write ...`. */
export function isErrorReply(error: unknown): error is Error {
  return error instanceof Error && !('syscall' in error) && /^[A-Z][A-Z0-9]{2,} /.test(error.message)
}

/** What tells of its errors by events. */
export interface EventSource {
  on(event: string, listener: (error: unknown) => void): unknown
  off(event: string, listener: (error: unknown) => void): unknown
}

/** Listens to a client's errors: where nobody does, a lost connection would end the process. */
export class Trouble {
  readonly #listen = (error: unknown): void => {
    // Until somebody has read it, a stack holds what it was made of: sockets, and the request that had the connection made.
    if (error instanceof Error) void error.stack
    this.#last = error
  }
  #last: unknown

  readonly last = (): unknown => this.#last

  listenTo(client: EventSource, event = 'error'): void {
    client.off(event, this.#listen)
    client.on(event, this.#listen)
  }
}

const troubles = new WeakMap<object, Trouble>()

/** What listens to a client that was handed in: one for all drivers that share it, as those of a server that is loaded anew again and again do. */
export function troubleOf(client: object): Trouble {
  const trouble = troubles.get(client) ?? new Trouble()
  troubles.set(client, trouble)
  return trouble
}

/**
 * A connection to the node that was a key's master when last heard of. Where the key has moved away the client learns it by a command of its
 * own that changes nothing, so that the next attempt goes to the right node.
 */
export function learning(connection: Connection, key: string, followed: (command: readonly Argument[]) => Promise<unknown>): Connection {
  return {
    send: async (command) => {
      try {
        return await connection.send(command)
      } catch (error) {
        if (isErrorReply(error) && error.message.startsWith('MOVED ')) await followed(['EXISTS', key]).catch(() => undefined)
        throw error
      }
    },
  }
}
