import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startProxy } from '../../proof/faults/proxy.ts'
import { until } from '../../proof/faults/until.ts'
import { connectTo, echoThroughProxy, startEcho } from './echo-server.ts'

/** Round trips on another connection: enough for anything to arrive that nothing holds up. */
async function otherTraffic(port: number): Promise<void> {
  const other = await connectTo(port)
  for (let trips = 0; trips < 20; trips++) await other.echo('.')
}

describe('a proxy', () => {
  it('passes bytes and the end of a stream on, both ways', async () => {
    const { client, atServer } = await echoThroughProxy()
    const text = 'x'.repeat(3_000_000)
    await client.echo(text)
    client.socket.end()
    expect(await client.untilEnding()).toBe('end')
    expect(client.received).toBe(`hello ${text}`)
    expect(atServer).toMatchObject({ received: `hello ${text}`, ending: 'end' })
  })

  it('counts the connections that are open', async () => {
    const { proxy, client } = await echoThroughProxy()
    const second = await connectTo(proxy.port)
    await second.echo('.')
    expect(proxy.connections).toBe(2)
    second.socket.destroy()
    await until('one to be gone', () => proxy.connections === 1)
    client.socket.end()
    await until('both to be gone', () => proxy.connections === 0)
  })

  it('resets the client when the server cannot be reached', async () => {
    const { proxy, server } = await echoThroughProxy()
    await proxy.close()
    const nowhere = await startProxy({ target: { port: proxy.port } })
    onTestFinished(() => nowhere.close())
    expect(await (await connectTo(nowhere.port)).untilEnding()).toBe('ECONNRESET')
    expect(server.connections).toHaveLength(1)
  })

  it('turns new connections away on the port that it keeps, and lets those that are open go on', async () => {
    const { proxy, client, server } = await echoThroughProxy()
    proxy.turnAway()
    // It may be reset before it knows that it is connected.
    const turnedAway = await connectTo(proxy.port).then(
      (one) => one.untilEnding(),
      (error: unknown) => String(error),
    )
    expect(turnedAway).toContain('ECONNRESET')
    expect(server.connections).toHaveLength(1)
    await client.echo('on')
    await proxy.heal()
    await (await connectTo(proxy.port)).echo('again')
  })

  it('resets what is open when it closes, and listens no more', async () => {
    const { proxy, client, atServer } = await echoThroughProxy()
    await proxy.close()
    await proxy.close()
    expect([await client.untilEnding(), await atServer.untilEnding()]).toEqual(['ECONNRESET', 'ECONNRESET'])
    await expect(connectTo(proxy.port)).rejects.toThrow('ECONNREFUSED')
    expect(proxy.connections).toBe(0)
  })
})

describe('cut', () => {
  it('resets both sides of every connection, and serves new ones', async () => {
    const { proxy, client, atServer } = await echoThroughProxy()
    proxy.cut()
    expect([await client.untilEnding(), await atServer.untilEnding()]).toEqual(['ECONNRESET', 'ECONNRESET'])
    await (await connectTo(proxy.port)).echo('again')
  })
})

describe('cutAfterBytes', () => {
  it('lets exactly so many bytes reach the server', async () => {
    const { proxy, client, atServer } = await echoThroughProxy()
    const cut = proxy.cutAfterBytes('toServer', 4)
    client.socket.write('abcdefgh')
    await cut.happened
    expect([await client.untilEnding(), await atServer.untilEnding()]).toEqual(['ECONNRESET', 'ECONNRESET'])
    expect(atServer.received).toBe('hello abcd')
  })

  it('lets exactly so many bytes reach the client, however they come in pieces', async () => {
    const { proxy, client, atServer } = await echoThroughProxy()
    const cut = proxy.cutAfterBytes('toClient', 4)
    await client.echo('ab')
    await client.echo('c')
    client.socket.write('defgh')
    await cut.happened
    await client.untilEnding()
    expect([client.received, atServer.received]).toEqual(['hello abcd', 'hello abcdefgh'])
  })

  it('cuts only the connection in which the last byte passed, and only once', async () => {
    const { proxy, client } = await echoThroughProxy()
    const second = await connectTo(proxy.port)
    proxy.cutAfterBytes('toServer', 3)
    await client.echo('ab')
    second.socket.write('c')
    await second.untilEnding()
    await client.echo('defgh')
  })

  it('is forgotten when the proxy heals', async () => {
    const { proxy, client } = await echoThroughProxy()
    proxy.cutAfterBytes('toServer', 3)
    await proxy.heal()
    await client.echo('abcdef')
  })
})

describe('cutAtAnswer', () => {
  it('the server has what it was sent, and the client gets no byte of the answer', async () => {
    const { proxy, client, atServer } = await echoThroughProxy()
    const cut = proxy.cutAtAnswer(3)
    await client.echo('a')
    await client.echo('b')
    client.socket.write('cd')
    await cut.happened
    expect([await client.untilEnding(), await atServer.untilEnding()]).toEqual(['ECONNRESET', 'ECONNRESET'])
    expect([client.received, atServer.received]).toEqual(['hello ab', 'hello abcd'])
  })

  it('what the server says unasked is no answer', async () => {
    const { proxy, client, atServer } = await echoThroughProxy()
    const cut = proxy.cutAtAnswer(2)
    await client.echo('a')
    atServer.socket.write('unasked')
    await until('what the server says', () => client.received === 'hello aunasked')
    client.socket.write('b')
    await cut.happened
    await client.untilEnding()
    expect([client.received, atServer.received]).toEqual(['hello aunasked', 'hello ab'])
  })

  it('counts all connections, cuts the one whose answer it is, and only once', async () => {
    const { proxy, client } = await echoThroughProxy()
    const second = await connectTo(proxy.port)
    proxy.cutAtAnswer(2)
    await client.echo('a')
    second.socket.write('b')
    await second.untilEnding()
    await client.echo('c')
    await client.echo('d')
  })

  it('is forgotten when the proxy heals', async () => {
    const { proxy, client } = await echoThroughProxy()
    proxy.cutAtAnswer(1)
    await proxy.heal()
    await client.echo('a')
  })
})

describe('delay', () => {
  it('lets bytes arrive later, in their order', async () => {
    const { proxy, client } = await echoThroughProxy()
    proxy.delay(30)
    client.socket.write('a')
    await client.echo('bc')
    expect(client.received).toBe('hello abc')
  })

  it('holds them until then, in the direction that was named', async () => {
    const { server, proxy, client, atServer } = await echoThroughProxy()
    proxy.delay(3_600_000, 'toClient')
    client.socket.write('late')
    await until('it to be at the server', () => atServer.received === 'hello late')
    await otherTraffic(server.port)
    expect(client.received).toBe('hello ')
    await proxy.heal()
    await until('the echo', () => client.received === 'hello late')
  })
})

describe('throttle', () => {
  it('lets bytes trickle', async () => {
    const { server, proxy, client, atServer } = await echoThroughProxy()
    proxy.throttle(0.001, 'toServer')
    client.socket.write('slow')
    await until('the first byte', () => atServer.received === 'hello s')
    await otherTraffic(server.port)
    expect(atServer.received).toBe('hello s')
    await proxy.heal()
    await until('the rest', () => client.received === 'hello slow')
  })

  it('loses none', async () => {
    const { proxy, client } = await echoThroughProxy()
    proxy.throttle(20_000)
    await client.echo('0123456789'.repeat(300))
    expect(client.received).toBe(`hello ${'0123456789'.repeat(300)}`)
  })
})

describe('blackhole', () => {
  it('accepts and never answers, until the proxy heals', async () => {
    const { server, proxy, client, atServer } = await echoThroughProxy()
    proxy.blackhole()
    client.socket.write('lost?')
    const second = await connectTo(proxy.port)
    second.socket.write('me too')
    await otherTraffic(server.port)
    expect([client.received, second.received, atServer.received]).toEqual(['hello ', '', 'hello '])
    await proxy.heal()
    await until('both echoes', () => client.received === 'hello lost?' && second.received === 'me too')
  })

  it('toClient lets the server have what nobody hears of', async () => {
    const { server, proxy, client, atServer } = await echoThroughProxy()
    proxy.blackhole('toClient')
    client.socket.write('done')
    await until('it to be at the server', () => atServer.received === 'hello done')
    await otherTraffic(server.port)
    expect(client.received).toBe('hello ')
  })

  it('delivers late what was sent by someone who has given up', async () => {
    const { proxy, client, atServer } = await echoThroughProxy()
    proxy.blackhole()
    client.socket.end('late')
    await once(client.socket, 'finish')
    await proxy.heal()
    await atServer.untilEnding()
    expect(atServer).toMatchObject({ received: 'hello late', ending: 'end' })
  })
})

describe('halfClose', () => {
  it('toClient ends what the client hears, and the server hears on', async () => {
    const { proxy, client, atServer } = await echoThroughProxy()
    proxy.halfClose('toClient')
    expect(await client.untilEnding()).toBe('end')
    client.socket.write('still here')
    await until('it to be at the server', () => atServer.received === 'hello still here')
    expect([client.received, atServer.ending]).toEqual(['hello ', undefined])
  })

  it('toServer ends what the server hears, and the client hears on', async () => {
    const { proxy, client, atServer } = await echoThroughProxy()
    atServer.socket.removeAllListeners('end')
    proxy.halfClose('toServer')
    client.socket.write('nobody hears this')
    await until('the end to be at the server', () => atServer.socket.readableEnded)
    atServer.socket.write('bye')
    await until('it to be at the client', () => client.received === 'hello bye')
    expect([client.ending, atServer.received]).toEqual([undefined, 'hello '])
  })
})

describe('refuse', () => {
  it('refuses new connections and leaves the old ones, until the proxy heals on the same port', async () => {
    const { proxy, client } = await echoThroughProxy()
    const { port } = proxy
    proxy.refuse()
    await expect(once(connect({ host: '127.0.0.1', port }), 'connect')).rejects.toThrow('ECONNREFUSED')
    await client.echo('still')
    await proxy.heal()
    expect(proxy.port).toBe(port)
    await (await connectTo(port)).echo('again')
  })
})

describe('the echo server of these tests', () => {
  it('is fit to show a reset: it sees an end where there was one', async () => {
    const server = await startEcho()
    const client = await connectTo(server.port)
    await client.echo('a')
    client.socket.end()
    expect(await server.connections[0]?.untilEnding()).toBe('end')
  })
})
