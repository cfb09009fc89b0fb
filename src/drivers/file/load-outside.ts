// As a default import: webpack follows the named `createRequire`, into addons that it cannot bundle and into `bun:`, at which it stops.
import module from 'node:module'

/**
 * Loads a module that no bundler may take in, from beside the bundle that this file became a part of, or else from beside the caller. Never from the working
 * folder: whoever can write there would have code of theirs loaded.
 * @param here The `import.meta.url` of the caller. A bundler may leave it empty, or put a path of the machine that it ran on there.
 */
export function loadOutside(name: string, here: string | undefined): unknown {
  // Only CommonJS has it.
  const bundle = typeof __filename === 'string' ? __filename : undefined
  if (bundle !== undefined && here !== undefined) {
    try {
      return module.createRequire(bundle)(name)
    } catch {
      // A bundler may put a name of its own there as well.
    }
  }
  return module.createRequire(here ?? bundle ?? '')(name)
}
