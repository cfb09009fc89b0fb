import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { installNest11 } from '../../support/nest-11.ts'
import { Visitor } from '../../transport/visitor.ts'

// What an application of a user is: decorators and their metadata compiled by tsc, against the built package and one version of NestJS.
const root = join(import.meta.dirname, '../../..')
const TSC = join(root, 'node_modules/typescript/bin/tsc')
const COMPILER_OPTIONS = {
  target: 'es2023',
  lib: ['es2024', 'esnext.disposable', 'dom'],
  types: ['node'],
  module: 'nodenext',
  strict: true,
  isolatedModules: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
}
const OF_NEST = ['@nestjs', 'rxjs', 'reflect-metadata']
const OF_THE_PACKAGE = ['@standard-schema', '@types', 'cookie', 'devalue', 'undici-types']

let folder = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-nest-'))
  const nest11 = await installNest11()
  const config = { extends: join(root, 'tsconfig.json'), compilerOptions: { rootDir: join(root, 'src'), outDir: join(folder, 'dist') } }
  const files = ['index.ts', 'adapters/nest.ts', 'drivers/memory.ts'].map((file) => join(root, 'src', file))
  const typeRoots = [join(root, 'node_modules/@types')]
  const all = { ...config, compilerOptions: { ...config.compilerOptions, typeRoots }, include: [], files }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(all))
  await compile(folder)
  install('12', join(root, 'node_modules'))
  install('11', join(nest11, 'node_modules'))
}, 240_000)

afterAll(() => rmSync(folder, { recursive: true }))

/** Installs the package beside one version of NestJS, and beside nothing that it may not need: not Fastify. */
function install(version: string, modules: string): void {
  const installed = join(folder, version, 'node_modules')
  mkdirSync(join(installed, 'holdfast'), { recursive: true })
  cpSync(join(root, 'package.json'), join(installed, 'holdfast/package.json'))
  cpSync(join(folder, 'dist'), join(installed, 'holdfast/dist'), { recursive: true })
  for (const name of OF_NEST) symlinkSync(join(modules, name), join(installed, name), 'junction')
  for (const name of OF_THE_PACKAGE) symlinkSync(join(root, 'node_modules', name), join(installed, name), 'junction')
  writeFileSync(join(folder, version, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, version, 'tsconfig.json'), JSON.stringify({ compilerOptions: COMPILER_OPTIONS, files: ['main.ts'] }))
}

/** Compiles, and answers with what the compiler complains of. */
async function compile(project: string): Promise<string> {
  return promisify(execFile)(process.execPath, [TSC, '-p', project, '--pretty', 'false'], { cwd: project }).then(
    () => '',
    (error: unknown) => String(Reflect.get(Object(error), 'stdout')),
  )
}

/** The blocks of the page, each of which is a file. */
function documented(): string[] {
  const page = readFileSync(join(root, 'docs/frameworks/nest.md'), 'utf8')
  return [...page.matchAll(/```tsx\n([\s\S]*?)```/g)].map(([, code = '']) => code)
}

async function start(version: string): Promise<Visitor> {
  const env = { ...process.env, PORT: '0' }
  const child = spawn(process.execPath, ['main.js'], { cwd: join(folder, version), env, stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill())
  const ended = once(child, 'exit').then(() => expect.unreachable('the program ended'))
  const listening = (async () => {
    for await (const line of createInterface(child.stdout)) {
      const port = /^http:\/\/127\.0\.0\.1:(\d+)$/.exec(line)?.[1]
      if (port !== undefined) return Number(port)
    }
    return expect.unreachable('the program says no address')
  })()
  return new Visitor(await Promise.race([listening, ended]))
}

describe.each(['11', '12'])('an application of NestJS %s', { timeout: 120_000 }, (version) => {
  it('compiles and runs as the documentation has it: the manager is injected by its class, and a login is fresh', async () => {
    const [main = '', filter = ''] = documented()
    writeFileSync(join(folder, version, 'filter.ts'), filter)
    const withFilter =
      "import { SessionErrorFilter } from './filter.js'\napp.useGlobalFilters(new SessionErrorFilter(app.getHttpAdapter()))"
    writeFileSync(join(folder, version, 'main.ts'), main.replace('app.enableShutdownHooks()', withFilter))
    expect(await compile(join(folder, version))).toBe('')
    const visitor = await start(version)
    const page = await visitor.text('/')
    expect(page).toContain('Visit 1')
    expect((await visitor.see('/account')).status).toBe(403)
    const fields = { name: 'Ada', _csrf: /value="([\w-]+)"/.exec(page)?.[1] ?? '' }
    expect((await visitor.see('/login', { method: 'POST', body: new URLSearchParams({ name: 'Ada' }) })).status).toBe(403)
    expect((await visitor.see('/login', { method: 'POST', body: new URLSearchParams(fields) })).status).toBe(303)
    expect(await visitor.text('/account')).toBe('Ada is logged in 1 times')
  })

  it('is told by the compiler what cannot be', async () => {
    writeFileSync(
      join(folder, version, 'main.ts'),
      `import { Controller, Get, Inject, Module } from '@nestjs/common'
import { SessionManager } from 'holdfast'
import { MemoryDriver } from 'holdfast/memory'
import { csrf, logout, Session, SessionException, SessionModule, sessionManagerToken } from 'holdfast/nest'

interface Data { name: string }

@Controller()
export class Pages {
  constructor(@Inject(sessionManagerToken('staff')) readonly staff: SessionManager<Data>) {}
  @Get()
  home(@Session('staff') session: Session<Data>): string | undefined {
    session.get('nmae') // line 13
    return session.get('name')
  }
}
const driver = new MemoryDriver()
const manager = new SessionManager<Data>({ driver })
@Module({
  imports: [
    SessionModule.forRoot({ manager, concurrency: ({ query }) => (query === undefined ? 'readonly' : undefined) }),
    SessionModule.forRoot<Data>({ manager: { driver, lifetime: { idleSeconds: 60 } }, as: 'staff' }),
    SessionModule.forRootAsync({ inject: ['driver'], useFactory: async (store: MemoryDriver) => ({ manager: { driver: store } }) }),
    SessionModule.forRoot({}), // line 24
    SessionModule.forRoot({ manager: { driver }, exept: [] }), // line 25
    SessionModule.forRootAsync({ useFactory: () => ({ manager: 7 }) }), // line 26
  ],
})
export class Root {}
csrf({ tokens: 'never' }) // line 30
logout({ clearSiteData: ['cache'] })
export const code: string = new SessionException(null!).cause.code
`,
    )
    const complaints = (await compile(join(folder, version))).match(/^\w+\.ts\(\d+/gm)
    expect(complaints).toEqual(['main.ts(13', 'main.ts(24', 'main.ts(25', 'main.ts(26', 'main.ts(30'])
  })
})
