import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'vite'
import { describe, expect, it, onTestFinished } from 'vitest'

const ADAPTERS = join(import.meta.dirname, '../../src/adapters')

/** A server of Vite as it runs in development, and an application's file that it loads again when it has changed. */
async function developing(source: string) {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-vite-'))
  const file = join(root, 'sessions.ts')
  writeFileSync(file, source)
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'silent',
    appType: 'custom',
    server: { middlewareMode: true, ws: false },
    ssr: { external: true },
  })
  onTestFinished(async () => {
    await server.close()
    rmSync(root, { recursive: true })
  })
  return {
    load: async (): Promise<unknown> => (await server.ssrLoadModule(file))['made'],
    change: () => {
      writeFileSync(file, `${readFileSync(file, 'utf8')}// changed\n`)
      server.moduleGraph.invalidateAll()
    },
  }
}

describe.each(['sveltekit', 'react-router'])('a file that Vite loads again with holdfast/%s', (door) => {
  it('has the manager that it had, where it makes it once per process', async () => {
    const name = `vite ${door}`
    const { load, change } = await developing(
      `import { oncePerProcess } from ${JSON.stringify(join(ADAPTERS, `${door}.ts`))}\nexport const made = oncePerProcess(${JSON.stringify(name)}, () => ({}))\n`,
    )
    const made = await load()
    change()
    expect(await load()).toBe(made)
  })

  it('makes another, where it does not', async () => {
    const { load, change } = await developing('export const made = {}\n')
    const made = await load()
    change()
    expect(await load()).not.toBe(made)
  })
})
