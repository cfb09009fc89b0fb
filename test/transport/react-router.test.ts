import { join } from 'node:path'
import { createRequestListener } from '@react-router/node'
import type { ServerBuild } from 'react-router'
import { builtApplication } from './applications/build.ts'
import { giveHouse } from './applications/the-house.ts'
import { serveListener, transportSuite } from './suite.ts'

// The application is in applications/react-router.
const { folder } = builtApplication('react-router', ['react-router', 'build'])

transportSuite('React Router', async (house) => {
  giveHouse(house)
  const build: ServerBuild = await import(join(folder, 'server/index.js'))
  return serveListener(createRequestListener({ build, mode: 'production' }))
})
