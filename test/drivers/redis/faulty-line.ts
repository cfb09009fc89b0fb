import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'

/**
 * - `lost before`: the connection ends, and the server never got the command;
 * - `lost after`: the server carries it out, and the connection ends before the answer;
 * - `silent`: the server carries it out, and from then on the connection tells nothing;
 * - an error reply, such as `-OOM command not allowed`: the server never got it.
 */
export type Fault = 'lost before' | 'lost after' | 'silent' | `-${string}`

export interface FaultyLine {
  readonly url: string
  /** The next command that has this in it meets the fault. */
  readonly next: (part: string, fault: Fault) => void
  /** How many commands with this in them came from the client. */
  readonly seen: (part: string) => number
  readonly close: () => Promise<void>
}

/** A line to a real server on which chosen commands meet faults. Commands must come one at a time: each is a packet of its own. */
export async function openFaultyLine(target: string): Promise<FaultyLine> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const commands: string[] = []
  let planned: { readonly part: string; readonly fault: Fault } | undefined
  const server = createServer((near) => {
    const far = connect(Number(port === '' ? 6379 : port), hostname)
    let isSilent = false
    let endsWithReply = false
    const end = (): void => {
      near.destroy()
      far.destroy()
    }
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', end).on('close', () => {
        sockets.delete(socket)
        end()
      })
    }
    near.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1')
      commands.push(text)
      const fault = planned !== undefined && text.includes(planned.part) ? planned.fault : undefined
      if (fault !== undefined) planned = undefined
      if (fault === 'lost before') end()
      else if (fault?.startsWith('-') === true) near.write(`${fault}\r\n`)
      else {
        if (fault === 'lost after') endsWithReply = true
        if (fault === 'silent') isSilent = true
        far.write(chunk)
      }
    })
    far.on('data', (chunk: Buffer) => {
      if (endsWithReply) end()
      else if (!isSilent) near.write(chunk)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address: AddressInfo | string | null = server.address()
  return {
    url: `redis://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    next: (part, fault) => (planned = { part, fault }),
    seen: (part) => commands.filter((command) => command.includes(part)).length,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
