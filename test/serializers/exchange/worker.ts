// Runs in workerd, where nothing of Node is to be had.
import { exchange } from './exchange.ts'

export default {
  async fetch(request: Request): Promise<Response> {
    const hasModules = typeof Reflect.get(Reflect.get(globalThis, 'process') ?? {}, 'getBuiltinModule') === 'function'
    return Response.json({ ...(await exchange(await request.json())), hasModules })
  },
}
