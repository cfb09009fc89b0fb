// A process for the tests of proof/faults: does what it is told by its parent, one order at a time.
import { fromParent, tellParent } from '../../proof/faults/parent.ts'
import { startProcess } from '../../proof/faults/node-process.ts'
import { startMariaDb } from '../support/mariadb-server.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { startRedis } from '../support/redis-server.ts'

for await (const order of fromParent()) {
  if (!Array.isArray(order)) continue
  const [verb, ...rest] = order.map(String)
  if (verb === 'echo') await tellParent({ echo: rest, args: process.argv.slice(2), mode: process.env['MODE'] })
  if (verb === 'fail') throw new Error(rest.join(' '))
  if (verb === 'count') for (let count = 1; count <= Number(rest[0]); count++) await tellParent(count)
  if (verb === 'exit') process.exit(Number(rest[0]))
  if (verb === 'start-redis') {
    const { pid, port, folder } = await startRedis({ durable: true })
    await tellParent({ pid, port, folder })
  }
  if (verb === 'start-paused-postgres' || verb === 'start-paused-mariadb') {
    const server = await (verb === 'start-paused-postgres' ? startPostgres : startMariaDb)()
    await server.pause()
    await tellParent({ pid: server.pid, folder: server.folder })
  }
  if (verb === 'start-paused') {
    const child = await startProcess(new URL(import.meta.url))
    await child.pause()
    await tellParent({ pid: child.pid })
  }
}
