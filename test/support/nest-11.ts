import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '../..')
const pinned = join(root, 'test/fixtures/nest-11')
const installed = join(root, 'var/nest-11')
// What stands beside NestJS 12 in the repository's own node_modules.
const OTHERS = ['@nestjs/', 'rxjs/', 'reflect-metadata/'].map((name) => String(pathToFileURL(join(root, 'node_modules', name))))

/** Installs what `test/fixtures/nest-11` pins, if that is not there yet, and answers where. */
export async function installNest11(): Promise<string> {
  if (isCurrent()) return installed
  // It gets its place only when it is whole.
  const fresh = `${installed}.${process.pid}`
  mkdirSync(fresh, { recursive: true })
  cpSync(pinned, fresh, { recursive: true })
  try {
    await promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: fresh })
    if (!isCurrent()) rmSync(installed, { recursive: true, force: true })
    renameSync(fresh, installed)
  } catch (error) {
    // Another test may have been faster.
    if (!isCurrent()) throw error
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
  return installed
}

/** From now on, whoever imports NestJS in this process gets NestJS 11: sources import it as `@nestjs/common`, and in the repository that is NestJS 12. */
export async function useNest11(): Promise<void> {
  const folder = String(pathToFileURL(join(await installNest11(), '/')))
  const from = String(pathToFileURL(join(root, '/')))
  registerHooks({
    resolve: (specifier, context, next) => {
      const found = next(specifier, context)
      return OTHERS.some((other) => found.url.startsWith(other)) ? next(folder + found.url.slice(from.length), context) : found
    },
  })
}

function isCurrent(): boolean {
  const lockfile = join(installed, 'package-lock.json')
  return existsSync(lockfile) && readFileSync(lockfile, 'utf8') === readFileSync(join(pinned, 'package-lock.json'), 'utf8')
}
