import cluster, { type Worker } from 'node:cluster'
import { rmSync } from 'node:fs'
import { PLAIN_FOLDER } from './data.ts'
import { isFailureToStart } from './failure-to-start.ts'
import { chosenStore, type Store } from './store.ts'

const SERVERS = 2

/**
 * Starts the server processes, hands them the connections in turn, replaces one that dies, and ends when told to. They end with it,
 * also when it is killed.
 */
export function startFront(port: number): void {
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    fail(`PORT must be a whole number from 0 to 65535, not '${process.env['PORT']}'.`)
  const store = storeOrEnd()
  dropPlainCounters()
  let listening = 0
  let stopping = false

  cluster.schedulingPolicy = cluster.SCHED_RR
  // One that has just ended, as by the signal that ends this process, cannot be told to stop: that is told by 'exit'.
  cluster.on('fork', (server) => server.on('error', () => undefined))
  cluster.on('message', (_server, message: unknown) => {
    if (isFailureToStart(message)) fail(message.failedToStart)
  })
  // One after the other: what keeps one from serving would keep the other too, and is to be told once.
  cluster.on('listening', (_server, address) => {
    listening += 1
    if (listening < SERVERS) cluster.fork()
    if (listening === SERVERS) console.log(`Demo on http://127.0.0.1:${address.port} (sessions in ${store.place})`)
  })
  cluster.on('exit', (server, code, signal) => {
    if (stopping) return
    if (listening < SERVERS) fail(`A server process ended before it served (${signal ?? `exit code ${code}`}).`)
    console.error(`Server process ${server.id} ended (${signal ?? `exit code ${code}`}); another takes its place.`)
    cluster.fork()
  })

  const stop = (): void => {
    if (stopping) process.exit(1) // told twice
    stopping = true
    for (const server of servers()) server.disconnect()
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  cluster.fork()
}

function storeOrEnd(): Store {
  try {
    return chosenStore()
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
}

function dropPlainCounters(): void {
  try {
    rmSync(PLAIN_FOLDER, { recursive: true, force: true })
  } catch {
    // They are worth nothing. What is wrong with the folder, the session store will say.
  }
}

function servers(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((server) => server !== undefined)
}

function fail(problem: string): never {
  console.error(problem)
  process.exit(1)
}
