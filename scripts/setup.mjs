// Runs before `npm start` and `npm test`, on the Node that npm was started with: installs what package-lock.json names and
// node_modules lacks, Node 24 among it. Plain JavaScript, because at this moment there may be nothing that runs TypeScript.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'

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
  const child = spawn(command, all, {
    cwd: file('.'),
    stdio: ['ignore', 'ignore', 'pipe'],
    shell: !npm && process.platform === 'win32',
  })
  hold(child.pid)
  return new Promise((done) => {
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text))
    child.on('error', (error) => done({ error, stderr }))
    child.on('close', (status, signal) => done({ status, signal, stderr }))
  })
}

const LOCK = 'var/setup.lock'
const LONGEST_MS = 30 * 60_000

/** Whether no other set-up is under way in this folder: two at once, as of npm start and npm test, would take each other's packages away. */
function isAlone() {
  try {
    mkdirSync(file('var'), { recursive: true, mode: 0o700 }) // the demo's sessions will be in it
    if (isLeft()) rmSync(file(LOCK), { force: true })
  } catch {
    return true // where nothing can be written, npm says so
  }
  try {
    writeFileSync(file(LOCK), String(process.pid), { flag: 'wx' })
    process.once('exit', () => rmSync(file(LOCK), { force: true }))
    return true
  } catch (error) {
    return error.code !== 'EEXIST'
  }
}

/** Lets the lock be npm's own: when this process is stopped, npm goes on for a while, or puts back what was there. */
function hold(npm) {
  try {
    writeFileSync(file(LOCK), String(npm))
  } catch {
    // See isAlone.
  }
}

/** Whether the lock is of one that was stopped. */
function isLeft() {
  try {
    if (Date.now() - statSync(file(LOCK)).mtimeMs > LONGEST_MS) return true
    process.kill(Number(readFileSync(file(LOCK), 'utf8')) || process.pid, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

async function untilAlone() {
  if (isAlone()) return
  console.log(`Waiting for another set-up in this folder (if there is none: remove ${LOCK}) ...`)
  while (!isAlone()) await setTimeout(200)
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
if (!isCurrent()) await untilAlone()
if (!isCurrent()) {
  console.log('Installing dependencies (first run, or package-lock.json changed): about half a minute ...')
  const result = await install()
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
