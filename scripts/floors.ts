// Imports go downwards only, type imports too. ARCHITECTURE has the picture; this table is what holds it up.
import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import { type CheckResult, filesUnder, packageOf, readPackageJson, readText, runCheck } from './support/check.ts'

const FLOORS: Readonly<Record<string, number>> = {
  session: 0,
  contracts: 1,
  serializers: 2,
  drivers: 2,
  http: 3,
  manager: 4,
  adapters: 5,
  config: 6,
  cli: 7,
  testing: 7,
  opentelemetry: 7,
  context: 7,
  'move-in': 7,
  interop: 7,
  'index.ts': 8,
}

/** Where Node's own modules, clients and frameworks may be imported. Everything else is the core: web standards and `dependencies`. */
const NODE = /^src\/(cli|drivers\/file|config\/files|testing|adapters\/(node|express))\b/
const CLIENTS = /^src\/(drivers\/[^/]+\/|testing\/|opentelemetry\/|adapters\/(?!fetch\b))/

const IMPORTS = [
  /^(?:import|export)\s+[\w$\s{},*]*?\bfrom\s*['"]([^'"]+)['"]/gm,
  /^import\s*['"]([^'"]+)['"]/gm,
  /^(?!\s*(?:\*|\/\/)).*\bimport\(\s*['"]([^'"]+)['"]/gm,
]

/** The specifiers of a file's import lines: of values, of types, re-exports, `import()`. */
export function importsOf(text: string): string[] {
  return IMPORTS.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? ''))
}

export function floors(root: string): CheckResult {
  const { dependencies = {}, exports } = readPackageJson(root)
  const doors = new Set(Object.values(exports).map((target) => sourceOf(typeof target === 'string' ? target : (target['default'] ?? ''))))
  const files = filesUnder(root, 'src').filter((file) => file.endsWith('.ts'))
  const graph = new Map<string, string[]>()
  const problems: string[] = []
  for (const file of files) {
    const targets: string[] = []
    for (const specifier of importsOf(readText(root, file))) {
      const target = specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : specifier
      const broken = specifier.startsWith('.') ? brokenFloor(file, target, doors) : brokenOutside(file, specifier, dependencies)
      if (broken !== undefined) problems.push(`${file} imports ${target}: ${broken}`)
      targets.push(target)
    }
    graph.set(file, targets)
  }
  const cycle = findCycle(graph)
  if (cycle !== undefined) problems.push(`${cycle.join(' imports ')}: no cycles`)
  return { summary: `${files.length} files import downwards only`, problems }
}

function brokenFloor(file: string, target: string, doors: ReadonlySet<string>): string | undefined {
  const [from, to] = [roomOf(file), roomOf(target)]
  const [fromFloor, toFloor] = [FLOORS[from], FLOORS[to]]
  if (fromFloor === undefined) return `${from} is on no floor: give it one in scripts/floors.ts`
  if (toFloor === undefined) return `${to} is on no floor: give it one in scripts/floors.ts`
  if (from === 'drivers' && to === 'drivers') return brokenDrivers(file, target, doors)
  if (from === to || toFloor < fromFloor) return undefined
  return `${from} (floor ${fromFloor}) may not import ${to} (floor ${toFloor})`
}

/** A driver is a folder or an exported file of its own; the other files directly in `drivers/` are there for all of them. */
function brokenDrivers(file: string, target: string, doors: ReadonlySet<string>): string | undefined {
  const [from, to] = [file, target].map((path) => path.split('/')[2])
  const isShared = target.split('/').length === 3 && !doors.has(target)
  return from === to || isShared ? undefined : 'a driver may not import another driver'
}

function brokenOutside(file: string, specifier: string, dependencies: Readonly<Record<string, string>>): string | undefined {
  if (specifier.startsWith('node:') || builtinModules.includes(specifier)) {
    return NODE.test(file) ? undefined : 'node: modules may be imported in drivers/file, adapters/node, adapters/express and testing only'
  }
  if (packageOf(specifier) in dependencies || CLIENTS.test(file)) return undefined
  return 'the core may import only what package.json has under dependencies'
}

const roomOf = (path: string): string => (path.startsWith('src/') ? (path.split('/')[1] ?? path) : path)

const sourceOf = (built: string): string => built.replace(/^\.\/dist\/(.*)\.js$/, 'src/$1.ts')

function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return undefined
    for (const target of graph.get(file) ?? []) {
      const cycle = visit(target, [...path, file])
      if (cycle !== undefined) return cycle
    }
    done.add(file)
    return undefined
  }
  for (const file of graph.keys()) {
    const cycle = visit(file, [])
    if (cycle !== undefined) return cycle
  }
  return undefined
}

if (import.meta.main) await runCheck('floors', floors)
