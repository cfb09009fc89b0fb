import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { repository } from '../../../scripts/support/check.ts'

const ADDON = 'fs-native-extensions'

/** A package and all that it needs, as installed. */
function closureOf(name: string, known = new Set<string>()): Set<string> {
  if (known.has(name)) return known
  known.add(name)
  const manifest: unknown = JSON.parse(readFileSync(join(repository, 'node_modules', name, 'package.json'), 'utf8'))
  for (const needed of Object.keys(Object(Reflect.get(Object(manifest), 'dependencies')))) closureOf(needed, known)
  return known
}

it('the page about Next names every package that the addon of FileDriver needs in a standalone build', () => {
  const page = readFileSync(join(repository, 'docs/frameworks/next.md'), 'utf8')
  const listed = /const addon = \[(.*)\]/.exec(page)?.[1] ?? ''
  const names = Array.from(listed.matchAll(/'([^']+)'/g), ([, name]) => name)
  expect(names.toSorted()).toEqual([...closureOf(ADDON)].toSorted())
})
