// Runs before `npm start` and `npm test`, on the Node that npm was started with: installs what package-lock.json names and
// node_modules lacks, Node 24 among it. Plain JavaScript, because at this moment there may be nothing that runs TypeScript.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

const file = (path) => new URL(`../${path}`, import.meta.url)
const packages = (path) => (existsSync(file(path)) ? JSON.parse(readFileSync(file(path), 'utf8')).packages : undefined)
const hasNode = () => existsSync(file('node_modules/node/bin'))

function isCurrent() {
  const installed = packages('node_modules/.package-lock.json') // npm writes this at the end of every install
  if (installed === undefined || !hasNode()) return false
  return Object.entries(packages('package-lock.json')).every(([path, entry]) => {
    const mayBeMissing = path === '' || entry.link || entry.optional || entry.devOptional
    return installed[path] === undefined ? mayBeMissing : entry.link || installed[path].version === entry.version
  })
}

function install() {
  // --include=dev: also under NODE_ENV=production. --loglevel=error: hides what npm says about a Node older than package.json asks for.
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
  const npm = process.env.npm_execpath
  const [command, all] = npm ? [process.execPath, [npm, ...args]] : ['npm', args]
  return spawnSync(command, all, {
    cwd: file('.'),
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    shell: !npm && process.platform === 'win32',
  })
}

function fail(line) {
  console.error(line)
  process.exit(1)
}

if (Number.parseInt(process.versions.node, 10) < 20) {
  fail(
    `Holdfast needs Node 20 or later to install its tools; this is ${process.versions.node}. Install a newer Node and run the command again.`,
  )
}
if (!isCurrent()) {
  console.log('Installing dependencies (first run, or package-lock.json changed): about half a minute ...')
  const result = install()
  if (result.error?.code === 'ENOENT') fail('npm was not found: install it (it comes with Node), then run the command again.')
  if (result.status !== 0) {
    const code = /npm error code (\w+)/.exec(result.stderr ?? '')?.[1] ?? `exit code ${result.status ?? result.signal}`
    const network = /ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|ENETUNREACH|E4\d\d|E5\d\d/.test(code)
      ? ' The package registry could not be reached or refused.'
      : ''
    fail(`Could not install the dependencies (npm ci: ${code}).${network} Run "npm ci --include=dev" to see the details.`)
  }
  if (!hasNode())
    fail('npm did not run the install script of the package "node" (ignore-scripts?): run "npm rebuild node --ignore-scripts=false".')
}
