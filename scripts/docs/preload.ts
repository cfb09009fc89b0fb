// Loaded before a code block of the docs runs: a server that it starts gets a free port, must answer one request, and keeps no
// process alive, so that the block ends by itself.
import { get, Server as HttpServer } from 'node:http'
import { Server } from 'node:net'

// oxlint-disable-next-line typescript/unbound-method -- it is called with the server as `this` below
const { listen } = Server.prototype

Object.assign(Server.prototype, {
  listen(this: Server, ...args: unknown[]): Server {
    this.once('listening', () => {
      this.unref()
      if (this instanceof HttpServer) ask(this)
    })
    const callback = args.find((arg): arg is () => void => typeof arg === 'function')
    return listen.call(this, { port: 0, host: '127.0.0.1' }, callback)
  },
})

function ask(server: HttpServer): void {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  get({ host: '127.0.0.1', port, agent: false }, (response) => {
    response.resume()
    if ((response.statusCode ?? 500) >= 500) fail(`its server answered GET / with ${response.statusCode}`)
  }).on('error', (error) => fail(`its server did not answer GET /: ${error.message}`))
}

function fail(problem: string): void {
  console.error(problem)
  process.exitCode = 1
}
