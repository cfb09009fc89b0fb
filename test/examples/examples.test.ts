import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, expect, it } from 'vitest'
import { exampleNames, installPackage, scriptsOf } from '../../scripts/example.ts'
import { repository } from '../../scripts/support/check.ts'
import { follow, sessionCookie } from '../demo/support/browser.ts'
import { runningBrowser } from '../demo/support/fixture.ts'
import { freePorts } from '../support/free-ports.ts'
import { describeNeeding } from '../support/needs.ts'

const MOST_MS = 400_000

const running = new Set<ChildProcess>()

function npmRun(example: string, script: string, port = 0): ChildProcess {
  const env = { ...process.env, PORT: String(port), NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' as const }
  const cwd = join(repository, 'examples', example)
  const child = spawn('npm', ['run', script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

/** Runs a script of an example to its end. */
async function finish(example: string, script: string): Promise<void> {
  const child = npmRun(example, script)
  let output = ''
  child.stdout?.on('data', (text: Buffer) => (output += text.toString()))
  child.stderr?.on('data', (text: Buffer) => (output += text.toString()))
  const [code] = await once(child, 'exit')
  expect(code, output).toBe(0)
}

/** Starts an example as its README would: built, on a port of its own, with no sessions yet. */
async function startExample(example: string): Promise<string> {
  const folder = join(repository, 'examples', example)
  installPackage(repository, example)
  rmSync(join(folder, 'var'), { recursive: true, force: true })
  if (existsSync(join(folder, 'tsconfig.json'))) {
    const { stdout } = spawnSync(join(repository, 'node_modules/.bin/tsc'), ['--noEmit', '-p', folder], { encoding: 'utf8' })
    expect(stdout).toBe('')
  }
  for (const script of scriptsOf(repository, example, ['build'])) await finish(example, script)
  const [port = 0] = await freePorts(1)
  const child = npmRun(example, 'start', port)
  let output = ''
  child.stderr?.on('data', (text: Buffer) => (output += text.toString()))
  const origin = `http://127.0.0.1:${port}`
  while (!(await answers(origin))) {
    if (child.exitCode !== null) throw new Error(`The example ended: ${output}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return origin
}

async function answers(origin: string): Promise<boolean> {
  try {
    await (await fetch(`${origin}/`)).text()
    return true
  } catch {
    return false
  }
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  // npm and what it has started are one group.
  process.kill(-(child.pid ?? 0), 'SIGKILL')
  await ended
}

const heading = (page: Page): Promise<string> => page.getByRole('heading', { level: 1 }).innerText()

describeNeeding('chromium', 'the examples', () => {
  const browser = runningBrowser()
  afterAll(() => Promise.all([...running].map(stop)))

  it.for(exampleNames(repository))(
    '%s: visits are counted, a login changes the id and greets once, and a logout is for good',
    { timeout: MOST_MS },
    async (example) => {
      const origin = await startExample(example)
      const page = await browser.newPage()
      page.setDefaultTimeout(20_000)
      await page.goto(origin)
      expect(await heading(page)).toBe('Visit 1')
      await page.reload()
      expect(await heading(page)).toBe('Visit 2')
      const before = await sessionCookie(page)

      await page.getByLabel('Name').fill('Ada <i>')
      // Some frameworks lead on by a script: there is no page to load then.
      await page.getByRole('button', { name: 'Log in' }).click()
      await page.getByText('You are Ada <i>.').waitFor()
      expect(await page.getByRole('status').innerText()).toBe('Welcome, Ada <i>.')
      expect(await heading(page)).toBe('Visit 3')
      const loggedIn = await sessionCookie(page)
      expect(loggedIn).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' })
      expect(loggedIn?.value).not.toBe(before?.value)
      await page.reload()
      expect(await page.getByRole('status').count()).toBe(0)
      await page.getByText('You are Ada <i>.').waitFor()

      const forged = await fetch(`${origin}/logout`, { method: 'POST', headers: { cookie: `ml_session=${String(loggedIn?.value)}` } })
      expect(forged.status).toBe(403)

      await follow(page.getByRole('button', { name: 'Log out' }))
      await page.getByRole('button', { name: 'Log in' }).waitFor()
      const stolen = await fetch(origin, { headers: { cookie: `ml_session=${String(loggedIn?.value)}` } })
      const text = await stolen.text()
      // Passport's logout changes the id: that of before shows for a while what a request that still runs may see, and counts nothing.
      if (example === 'passport') expect(stolen.status).toBe(500)
      else expect(text).toContain('Log in')
      expect(text).not.toContain('Ada')
      for (const child of running) await stop(child)
    },
  )

  it.for(['express', 'passport'])('%s: says that its port is taken, and not that it listens', { timeout: MOST_MS }, async (example) => {
    const { port } = new URL(await startExample(example))
    const second = npmRun(example, 'start', Number(port))
    let output = ''
    second.stderr?.on('data', (text: Buffer) => (output += text.toString()))
    const [code] = await once(second, 'exit')
    expect([code, output]).toEqual([1, expect.stringContaining('EADDRINUSE')])
    for (const child of running) await stop(child)
  })
})
