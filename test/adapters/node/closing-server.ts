// A server that is sent a signal: started by close-on-signals.test.ts, with the path of its SQLite file and the seconds that it waits.
import { createServer } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { closeOnSignals, session } from '../../../src/adapters/node.ts'
import { DatabaseDriver } from '../../../src/drivers/database/database-driver.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'

const [path = '', waitSeconds = '', listens = ''] = process.argv.slice(2)
const driver = new DatabaseDriver({ client: new DatabaseSync(path) })
await driver.migrate()
const sessions = new SessionManager({ driver, cookie: { secure: false }, collectEverySeconds: 0 })
const exitLater = (): void => void setTimeout(() => process.exit(7), 3000)
if (listens === 'listens once') process.once('SIGTERM', exitLater)
closeOnSignals(sessions, { waitSeconds: Number(waitSeconds) })
if (listens === 'has a second manager') closeOnSignals({ close: () => new Promise((resolve) => setTimeout(resolve, 500)) })
if (listens === 'listens too') process.on('SIGTERM', exitLater)

const open = session(sessions)
const server = createServer((req, res) => {
  open(req, res, (error) => {
    if (error !== undefined) return void res.writeHead(500).end(JSON.stringify(error))
    const { url = '' } = req
    const ms = Number(/\d+/.exec(url)?.[0] ?? 0)
    process.stdout.write(`begun ${url}\n`)
    setTimeout(() => {
      Reflect.get(req, 'session').set('said', url)
      res.end(`said ${url}`)
    }, ms)
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`port ${typeof address === 'object' ? address?.port : ''}\n`)
})
