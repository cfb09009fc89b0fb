// npm start: a front process, and two server processes that share one port and one folder of sessions.
import cluster from 'node:cluster'
import { startFront } from './front.ts'
import { startServer } from './server.ts'

const port = Number(process.env['PORT'] || 3000)

if (cluster.isPrimary) startFront(port)
else await startServer(port)
