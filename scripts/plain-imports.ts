// Takes out of the built files what tsc wraps around the name of an `import()` for the sake of relative paths, which no such name of ours is: minifiers
// inline it, and one of them (terser) makes an import with two arguments of it, which throws.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesUnder, repository } from './support/check.ts'

const NAME = '__rewriteRelativeImportExtension'
const DEFINITION = new RegExp(`^var ${NAME} = .*?^};$`, 'ms')

/** A built file whose imports ask for the name itself. Its lines keep their numbers, for the source map. */
export function withPlainImports(text: string): string {
  const lean = text.replace(DEFINITION, (definition) => definition.replaceAll(/.+/g, ''))
  return lean.replaceAll(`import(${NAME}(`, 'import((')
}

if (import.meta.main) {
  for (const file of filesUnder(join(repository, 'dist')).filter((name) => name.endsWith('.js'))) {
    const path = join(repository, 'dist', file)
    const text = readFileSync(path, 'utf8')
    if (text.includes(NAME)) writeFileSync(path, withPlainImports(text))
  }
}
