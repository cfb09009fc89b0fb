import { join, resolve } from 'node:path'
import type { Plugin } from 'vite'

const SOURCES = join(import.meta.dirname, '../../../src/')

/** Leaves this package's sources out of a bundle, which then loads those that its test has loaded: there is one copy of them. */
export function outsideSources(): Plugin {
  return {
    name: 'outside-sources',
    enforce: 'pre',
    resolveId(id, importer) {
      const path = importer === undefined || !id.startsWith('.') ? id : resolve(importer, '..', id)
      return path.startsWith(SOURCES) ? { id: path, external: 'absolute' } : undefined
    },
  }
}
