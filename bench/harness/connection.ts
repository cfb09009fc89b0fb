import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { once } from 'node:events'

export interface Answer {
  readonly status: number
  /** Head without the status line, as it came. */
  readonly head: string
  readonly body: string
}

const HEAD_END = '\r\n\r\n'
/** Longer than any request waits for a lock. */
const MOST_MS_AN_ANSWER = 120_000
const LENGTH = /\r\ncontent-length: *(\d+)/i

/**
 * A keep-alive connection that sends one request at a time. Much leaner than `fetch` or `node:http`, so that the load costs less than the
 * server. It knows answers with a Content-Length alone.
 */
export class Connection {
  readonly #socket: Socket
  #received = ''
  #waiting: { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void } | undefined

  /** @param mostMs So long it waits while nothing comes. */
  static async to(port: number, mostMs = MOST_MS_AN_ANSWER): Promise<Connection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    return new Connection(socket, mostMs)
  }

  private constructor(socket: Socket, mostMs: number) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => this.#receive(text))
    socket.on('error', (error) => this.#waiting?.reject(error))
    socket.setTimeout(mostMs)
    socket.on('timeout', () => {
      // One that is idle may stay so.
      if (this.#waiting !== undefined) this.#fail(`No answer within ${mostMs} ms.`)
    })
    socket.on('close', () =>
      this.#waiting?.reject(new Error(`The server closed the connection after ${this.#received.length} characters.`)),
    )
  }

  /** Sends a GET and gives the answer. Rejects when the server has closed the connection, as it does with one that is idle for long, and when it says nothing for long. */
  get(path: string, cookie = ''): Promise<Answer> {
    if (this.isClosed) return Promise.reject(new Error('The server has closed the connection.'))
    const cookieLine = cookie === '' ? '' : `Cookie: ${cookie}\r\n`
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${cookieLine}\r\n`, 'latin1')
    })
  }

  /** Whether nothing can be sent on it any more. */
  get isClosed(): boolean {
    return this.#socket.readyState !== 'open'
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(text: string): void {
    this.#received += text
    const headEnd = this.#received.indexOf(HEAD_END)
    if (headEnd === -1) return
    const head = this.#received.slice(0, headEnd)
    const length = LENGTH.exec(head)?.[1]
    if (length === undefined) return this.#fail(`An answer without Content-Length: ${head.slice(0, 200)}`)
    const bodyEnd = headEnd + HEAD_END.length + Number(length)
    if (this.#received.length < bodyEnd) return
    const body = this.#received.slice(headEnd + HEAD_END.length, bodyEnd)
    this.#received = this.#received.slice(bodyEnd)
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.resolve({ status: Number(head.slice(9, 12)), head: head.slice(head.indexOf('\r\n') + 2), body })
  }

  #fail(message: string): void {
    this.#waiting?.reject(new Error(message))
    this.#socket.destroy()
  }
}

/** The cookies that an answer sets, as a `Cookie` header has them. */
export function cookiesOf({ head }: Answer): string {
  return [...`\r\n${head}`.matchAll(/\r\nset-cookie: *([^;\r]+)/gi)].map(([, pair]) => pair).join('; ')
}

/** The number in `{"count":N}`. */
export function countOf({ body }: Answer): number {
  return Number(/^\{"count":(\d+)\}$/.exec(body)?.[1] ?? Number.NaN)
}
