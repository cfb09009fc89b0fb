import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type LoadedConfig, loadSessionConfig } from '../../src/config/index.ts'
import { isSessionError } from '../../src/session/errors.ts'
import { newKey } from '../support/sealed.ts'

/** The folder of an application with these files. It is removed when the test is over. */
export function application(files: Readonly<Record<string, string>> = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-config-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

/** Reads the configuration of an application with these files, in an environment with these variables alone. */
export function load(files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}): Promise<LoadedConfig> {
  return loadSessionConfig({ cwd: application(files), env })
}

/** The same of a configuration in JSON. */
export function loadJson(config: unknown, env: Readonly<Record<string, string>> = {}): Promise<LoadedConfig> {
  return load({ 'session.config.json': JSON.stringify(config) }, env)
}

/** What a configuration error says. It must be one. */
export async function saidBy(run: () => unknown): Promise<string> {
  try {
    await run()
  } catch (error) {
    if (isSessionError(error) && error.code === 'ERR_SESSION_CONFIG') return error.message
    throw error
  }
  throw new Error('it was taken')
}

/** A file of the PHP library's vectors. */
export function vectorText(name: string): string {
  return readFileSync(new URL(`../vectors/monkeyslegion/${name}`, import.meta.url), 'utf8')
}

/** A key that a generator made. */
export const GOOD_KEY: string = newKey()
