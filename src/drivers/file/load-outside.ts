// As a default import: webpack follows the named `createRequire`, into addons that it cannot bundle and into `bun:`, at which it stops.
import module from 'node:module'

/**
 * Loads a module that no bundler may take in, from beside this file or the bundle that it became a part of.
 * @param here The `import.meta.url` of the caller. A bundler may leave it empty, or put a path of the machine that it ran on there.
 */
export function loadOutside(name: string, here: string | undefined): unknown {
  const bundle = typeof __filename === 'string' ? __filename : undefined
  try {
    return module.createRequire(here ?? bundle ?? `${process.cwd()}/`)(name)
  } catch (error) {
    if (here === undefined || bundle === undefined) throw error
    return module.createRequire(bundle)(name)
  }
}
