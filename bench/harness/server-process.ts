// The process of one candidate: `bench/servers/NAME.ts` behind node:http.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Candidate, ServerProtocol, StartCandidate } from './candidate.ts'
import { answerParent } from './child.ts'

let running: { readonly server: Server; readonly candidate: Candidate } | undefined

async function listen({ name, folder, storeUrl }: ServerProtocol['listen']['ask']): Promise<number> {
  const module: { start?: StartCandidate } = await import(new URL(`../servers/${name}.ts`, import.meta.url).href)
  if (module.start === undefined) throw new Error(`bench/servers/${name}.ts exports no start`)
  const candidate = await module.start({ folder, storeUrl })
  const server = createServer(candidate.listener)
  running = { server, candidate }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port }: Pick<AddressInfo, 'port'> = addressOf(server)
  return port
}

function addressOf(server: Server): AddressInfo {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port')
  return address
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

answerParent<ServerProtocol>({ listen, cpuMicros }, async () => {
  running?.server.close()
  running?.server.closeAllConnections()
  await running?.candidate.close?.()
})
