import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newUser, send, visits } from './support/client.ts'
import { demoFolder, killDemos, removeFolder, runDemoToItsEnd, startDemo } from './support/demo.ts'

let folder: string

beforeEach(async () => {
  folder = await demoFolder()
})

afterEach(async () => {
  await killDemos()
  await removeFolder(folder)
})

describe('npm start', () => {
  it('serves the demo, says where in one line, and ends cleanly when told to', async () => {
    const demo = await startDemo(folder)
    const { status } = await send(`${demo.origin}/`)
    const ended = await demo.stop()
    expect(status).toBe(200)
    expect(ended).toEqual({ code: 0, stdout: `Demo on ${demo.origin} (sessions in var/sessions)\n`, stderr: '' })
  })

  it('goes on with the sessions of the run before', async () => {
    const first = await startDemo(folder)
    const { cookie } = await newUser(first.origin)
    expect(await visits(first.origin, cookie)).toBe(1)
    await first.stop()
    const second = await startDemo(folder)
    const { text } = await send(`${second.origin}/basket`, { cookie })
    expect(await visits(second.origin, cookie)).toBe(2)
    await second.stop()
    expect(text).toContain('Log out')
  })

  it('replaces a server process that is killed, and the sessions go on', async () => {
    const demo = await startDemo(folder)
    const { cookie } = await newUser(demo.origin)
    expect(await visits(demo.origin, cookie)).toBe(1)
    const pid = Number(/\(pid (\d+)\)/.exec((await send(`${demo.origin}/`, { cookie })).text)?.[1])
    process.kill(pid, 'SIGKILL')
    await demo.complains()
    expect(await visits(demo.origin, cookie)).toBe(3)
    const { code, stderr } = await demo.stop()
    expect(code).toBe(0)
    expect(stderr).toMatch(/^Server process [12] ended \(SIGKILL\); another takes its place\.\n$/)
  })

  it('leaves no server process behind when the front process is killed', async () => {
    const demo = await startDemo(folder)
    process.kill(demo.pid, 'SIGKILL')
    // Answered when nobody holds the output any more: neither the front process nor a server process.
    expect((await demo.stop()).code).toBe(null)
    await expect(send(`${demo.origin}/`)).rejects.toThrow('ECONNREFUSED')
  })
})

describe('npm start says in one line why it cannot', () => {
  it('when the port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const ended = await runDemoToItsEnd(folder, { PORT: String(port) })
    other.close()
    expect(ended).toEqual({
      code: 1,
      stdout: '',
      stderr: `Port ${port} is in use. Stop what uses it, or choose another: PORT=${port + 1} npm start\n`,
    })
  })

  it('when the port is none', async () => {
    const ended = await runDemoToItsEnd(folder, { PORT: 'three thousand' })
    expect(ended).toEqual({ code: 1, stdout: '', stderr: "PORT must be a whole number from 0 to 65535, not 'three thousand'.\n" })
  })

  it('when the folder cannot be made', async () => {
    await writeFile(join(folder, 'var'), 'a file where a folder should be')
    const { code, stdout, stderr } = await runDemoToItsEnd(folder, { PORT: '0' })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^.*session directory.*\n$/i)
  })

  it('when others could write to the folder', async () => {
    await mkdir(join(folder, 'var/sessions'), { recursive: true })
    await chmod(join(folder, 'var/sessions'), 0o777)
    const { code, stdout, stderr } = await runDemoToItsEnd(folder, { PORT: '0' })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^.*chmod 700.*\n$/)
  })
})
