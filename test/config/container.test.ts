// oxlint-disable-next-line import/no-unassigned-import -- tsyringe asks for it
import 'reflect-metadata'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asFunction, asValue, createContainer } from 'awilix'
import express from 'express'
import { Container } from 'inversify'
import { container as tsyringe } from 'tsyringe'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { csrf, session } from '../../src/adapters/node.ts'
import { SessionServiceProvider } from '../../src/config/container.ts'
import { MemoryDriver } from '../../src/drivers/memory.ts'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { SessionManager } from '../../src/manager/session-manager.ts'
import { NativeSerializer } from '../../src/serializers/native.ts'
import { isSessionError } from '../../src/session/errors.ts'
import { testClient } from '../../src/testing/test-client.ts'

/** A container, whatever it calls its methods. */
interface House {
  readonly container: object
  readonly get: (name: string) => unknown
  /** How an application binds a value of its own there. */
  readonly bind: (name: string, value: object) => void
}

const HOUSES: Readonly<Record<string, () => House>> = {
  awilix: () => {
    const container = createContainer({ strict: true })
    return { container, get: (name) => container.resolve(name), bind: (name, value) => void container.register(name, asValue(value)) }
  },
  tsyringe: () => {
    const container = tsyringe.createChildContainer()
    return { container, get: (name) => container.resolve(name), bind: (name, value) => void container.register(name, { useValue: value }) }
  },
  Inversify: () => {
    const container = new Container()
    return { container, get: (name) => container.get(name), bind: (name, value) => void container.bind(name).toConstantValue(value) }
  },
  'a Map': () => {
    const container = new Map<string, unknown>()
    return { container, get: (name) => called(container.get(name)), bind: (name, value) => void container.set(name, value) }
  },
  'a container with bind and resolve that calls what it was given': () => {
    const makers = new Map<string, () => unknown>()
    const resolve = (name: string): unknown => makers.get(name)?.()
    const bind = (name: string, make: () => unknown): void => void makers.set(name, make)
    return { container: { bind, resolve }, get: resolve, bind: (name, value) => bind(name, () => value) }
  },
  'a function with register and get': () => {
    const made = new Map<string, unknown>()
    const register = (name: string, value: unknown): void => void made.set(name, value)
    const get = (name: string): unknown => called(made.get(name))
    return { container: Object.assign(() => undefined, { register, get }), get, bind: register }
  },
}

function called(found: unknown): unknown {
  return typeof found === 'function' ? Reflect.apply(found, undefined, []) : found
}

const houses = Object.entries(HOUSES)
const memory = (): MemoryDriver => new MemoryDriver({ acknowledged: true })

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-container-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

describe.each(houses)('SessionServiceProvider in %s', (_name, make) => {
  it('registers driver, serializer, manager and both middlewares (S-012, S-020, S-023)', () => {
    const { container, get } = make()
    new SessionServiceProvider().register(container)
    expect(get('sessionDriver')).toBeInstanceOf(FileDriver)
    expect(get('sessionSerializer')).toBeInstanceOf(NativeSerializer)
    expect(get('sessionManager')).toBeInstanceOf(SessionManager)
    expect(get('sessionManager')).toMatchObject({ name: 'ml_session' })
    expect(get('sessionMiddleware')).toHaveLength(3)
    expect(get('csrfMiddleware')).toHaveLength(3)
  })

  it('makes nothing before it is asked for, and each once', () => {
    const { container, get } = make()
    const driver = vi.fn<() => MemoryDriver>(memory)
    const sessions = vi.fn<(used: MemoryDriver) => SessionManager>((used) => new SessionManager({ driver: used }))
    const middleware = vi.fn<() => object>(() => ({}))
    new SessionServiceProvider({ driver, session: middleware, manager: () => sessions(driver()) }).register(container)
    expect([driver, sessions, middleware].map((made) => made.mock.calls.length)).toEqual([0, 0, 0])
    expect(get('sessionManager')).toBe(get('sessionManager'))
    expect(get('sessionMiddleware')).toBe(get('sessionMiddleware'))
    expect([sessions, middleware].map((made) => made.mock.calls.length)).toEqual([1, 1])
  })

  it('opens nothing by itself', () => {
    const { container, get } = make()
    vi.stubEnv('SESSION_FILE_PATH', join(folder, 'sessions'))
    new SessionServiceProvider().register(container)
    get('sessionMiddleware')
    expect(existsSync(join(folder, 'sessions'))).toBe(false)
  })

  it('lets a later binding of the driver win (S-022)', async () => {
    const { container, get, bind } = make()
    const driver = memory()
    new SessionServiceProvider().register(container)
    bind('sessionDriver', driver)
    const sessions = get('sessionManager')
    if (!(sessions instanceof SessionManager)) throw new TypeError('no manager')
    await sessions.run(undefined, (open) => open.set('n', 1))
    expect((await driver.list()).sessions).toHaveLength(1)
    expect(get('sessionDriver')).toBe(driver)
  })

  it('lets a later binding of serializer and manager win', () => {
    const { container, get, bind } = make()
    const [serializer, manager] = [new NativeSerializer(), new SessionManager({ driver: memory() })]
    const [parts, used]: [unknown[], unknown[]] = [[], []]
    new SessionServiceProvider({
      manager: (given) => {
        parts.push(given.serializer)
        return new SessionManager(given)
      },
      session: (sessions) => {
        used.push(sessions)
        return {}
      },
    }).register(container)
    bind('sessionSerializer', serializer)
    get('sessionManager')
    expect(parts).toEqual([serializer])
    expect(parts[0]).toBe(serializer)
    const other = make()
    new SessionServiceProvider({ session: (sessions) => ({ used: sessions }) }).register(other.container)
    other.bind('sessionManager', manager)
    expect(other.get('sessionMiddleware')).toEqual({ used: manager })
    expect(used).toEqual([])
  })

  it('says so when the driver is bound to what is none', () => {
    const { container, get, bind } = make()
    new SessionServiceProvider().register(container)
    bind('sessionDriver', { path: 'var/sessions' })
    expect(() => get('sessionManager')).toThrow(expect.objectContaining({ message: expect.stringContaining("'sessionDriver'") }))
  })
})

describe('SessionServiceProvider', () => {
  it('keeps sessions of an Express application that takes its middlewares from the container', async () => {
    const container = createContainer()
    new SessionServiceProvider({
      driver: memory,
      manager: (parts) => new SessionManager({ ...parts, cookie: { secure: 'auto' } }),
    }).register(container)
    const app = express()
    app.use(container.resolve<ReturnType<typeof session>>('sessionMiddleware'))
    app.use(container.resolve<ReturnType<typeof csrf>>('csrfMiddleware'))
    app.all('/', (req, res) => void res.send(String(req.session.increment('n'))))
    app.use((error: unknown, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
      res.sendStatus(isSessionError(error) ? error.status : 500)
    })
    await using client = testClient(createServer(app))
    expect(await (await client.get('/')).text()).toBe('1')
    expect(await (await client.get('/')).text()).toBe('2')
    expect((await client.post('/')).status).toBe(403)
  })

  it('gives awilix singletons, which singletons of the application may depend on', () => {
    const container = createContainer({ strict: true })
    new SessionServiceProvider({ driver: memory }).register(container)
    const shop = ({ sessionManager }: { readonly sessionManager: SessionManager }): object => ({ sessions: sessionManager })
    container.register('shop', asFunction(shop).singleton())
    expect(container.resolve('shop')).toEqual({ sessions: container.resolve('sessionManager') })
  })

  it('finds its folder by SESSION_FILE_PATH, or by SESSION_PATH (S-021)', async () => {
    const makeSession = async (): Promise<void> => {
      const container = new Map<string, unknown>()
      new SessionServiceProvider().register(container)
      const sessions = called(container.get('sessionManager'))
      if (!(sessions instanceof SessionManager)) throw new TypeError('no manager')
      await sessions.run(undefined, (open) => open.set('n', 1))
      await sessions.close()
    }
    const [named, alias] = [join(folder, 'named'), join(folder, 'alias')]
    vi.stubEnv('SESSION_PATH', alias)
    vi.stubEnv('SESSION_FILE_PATH', '')
    await makeSession()
    expect([existsSync(alias), existsSync(named)]).toEqual([true, false])
    rmSync(alias, { recursive: true })
    vi.stubEnv('SESSION_FILE_PATH', named)
    await makeSession()
    expect([existsSync(alias), existsSync(named)]).toEqual([false, true])
  })

  it('keeps sessions in var/sessions under the working folder otherwise, and in no shared one (S-021)', async () => {
    vi.stubEnv('SESSION_PATH', undefined)
    vi.stubEnv('SESSION_FILE_PATH', undefined)
    const container = new Map<string, unknown>()
    vi.spyOn(process, 'cwd').mockReturnValue(folder)
    new SessionServiceProvider().register(container)
    const driver = called(container.get('sessionDriver'))
    vi.restoreAllMocks()
    if (!(driver instanceof FileDriver)) throw new TypeError('no driver')
    await driver.open()
    await driver.close()
    expect(existsSync(join(folder, 'var/sessions'))).toBe(true)
  })

  it('makes the driver again after its maker threw', () => {
    const container = new Map<string, unknown>()
    let calls = 0
    const driver = (): MemoryDriver => {
      if (calls++ === 0) throw new RangeError('not yet')
      return memory()
    }
    new SessionServiceProvider({ driver }).register(container)
    expect(() => called(container.get('sessionManager'))).toThrow(RangeError)
    expect(called(container.get('sessionManager'))).toBeInstanceOf(SessionManager)
  })

  it('refuses what is no container, and says what one needs', () => {
    const provider = new SessionServiceProvider()
    for (const wrong of [{}, [], new Set(), () => undefined, { set: () => undefined }, { get: () => undefined }, { bind: 1, get: 2 }]) {
      expect(() => provider.register(wrong)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
    }
  })

  it('refuses options that it does not know, or that make nothing', () => {
    const wrong = [{ drivers: memory }, { driver: memory() }, { csrf: true }]
    for (const options of wrong) {
      expect(() => Reflect.construct(SessionServiceProvider, [options])).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
    }
  })
})
