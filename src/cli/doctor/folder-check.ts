import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Finding, fault, good, unknown } from './finding.ts'

const OTHERS = 0o077
const MOST_FILES = 100

/** Whether others on the machine can read what is kept in files; `undefined` stands for a folder that is not known. */
export function checkFolder(folder: string | undefined): Finding {
  const check = 'folder'
  if (folder === undefined) return unknown(check, 'The configuration made the driver itself: see that only its owner may read its folder.')
  if (process.platform === 'win32') return unknown(check, 'Windows has other rights: see that only the service may read the folder.')
  const open = [folder, ...someOf(folder)].filter((path) => ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & OTHERS) !== 0)
  if (open.length === 0) return good(check, 'Only its owner can read the folder and its files.')
  const what = open.includes(folder) ? `The folder ${folder}` : `A file in ${folder}`
  return fault(check, `${what} is open to other users of this machine.`, `Run: chmod -R u=rwX,go= '${folder}'`)
}

/** Some of what lies in it. */
function someOf(folder: string): string[] {
  const paths: string[] = []
  for (const name of namesIn(folder)) {
    const path = join(folder, name)
    const some = namesIn(path).slice(0, 2)
    paths.push(path, ...some.map((inner) => join(path, inner)))
    if (paths.length >= MOST_FILES) break
  }
  return paths
}

/** What lies in a folder; nothing in a file, and in one that a collection has taken away just now. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
