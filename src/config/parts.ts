import type { AdapterConfig, SessionConfig } from './session-config.ts'

type Part = Readonly<Record<string, unknown>>

/** What of a configuration is not the manager's, or is made into something else for it. */
const OTHERS = new Set([
  'driver',
  'file',
  'database',
  'redis',
  'memory',
  'drivers',
  'connections',
  'encrypt',
  'keys',
  'encryption',
  'enabled',
  'except',
  'trustProxy',
  'saveOnError',
])

/** The manager's options, but for the driver, and for the serializer where sessions are sealed. */
export function managerPart(config: object): Part {
  const { cookie, ...rest }: Readonly<Record<string, unknown>> = { ...config }
  const options = Object.fromEntries(Object.entries(rest).filter(([name]) => !OTHERS.has(name)))
  const { name, ...attributes }: Readonly<Record<string, unknown>> = { ...(typeof cookie === 'object' ? cookie : {}) }
  return { ...options, ...(cookie === undefined ? {} : { cookie: attributes }), ...(name === undefined ? {} : { name }) }
}

/** The options of what seals. */
export function sealingPart(config: object): Part {
  const { keys, encryption, serializer }: Readonly<Record<string, unknown>> = { ...config }
  return { ...(typeof encryption === 'object' ? encryption : {}), keys, ...(serializer === undefined ? {} : { serializer }) }
}

/** What the adapters' `session()` takes of it. */
export function adapterPart({ enabled = true, except = [], trustProxy, saveOnError }: SessionConfig): AdapterConfig {
  return { enabled, except, ...(trustProxy === undefined ? {} : { trustProxy }), ...(saveOnError === undefined ? {} : { saveOnError }) }
}
