import { route } from '@react-router/dev/routes'
import type { RouteConfig, RouteConfigEntry } from '@react-router/dev/routes'

// What answers a text, and nothing else: `House.texts`.
const TEXTS = ['visit', 'count', 'peek', 'home', 'hold', 'save', 'nested', 'throw', 'missing', 'unwell']
const OTHERS = ['form', 'login', 'logout', 'loop', 'refuse', 'stream', 'broken-stream', 'same', 'cookies', 'fresh', 'exempt', 'both']

const routes: RouteConfigEntry[] = [
  ...TEXTS.map((path) => route(path, 'routes/text.ts', { id: path })),
  ...OTHERS.map((path) => route(path, `routes/${path}.ts`)),
]

export default routes satisfies RouteConfig
