import { createRequire } from 'node:module'

interface Webpack {
  readonly webpack: (options: object, done: (error: unknown, stats: { toJson(): { readonly errors: readonly unknown[] } }) => void) => void
}

/**
 * Makes `bundle.cjs` in a folder, with webpack as Next.js brings it, and with what newer versions do by themselves for Node: following `createRequire`.
 * @returns The errors that webpack has.
 */
export async function webpacked(entry: string, path: string): Promise<readonly unknown[]> {
  const { webpack }: Webpack = createRequire(import.meta.url)('next/dist/compiled/webpack/webpack')
  const parser = { javascript: { createRequire: true } }
  const options = { mode: 'production', target: 'node', entry, output: { path, filename: 'bundle.cjs' }, module: { parser } }
  return new Promise((resolve, reject) => {
    webpack({ ...options, optimization: { minimize: false } }, (error, stats) =>
      error === null ? resolve(stats.toJson().errors) : reject(error),
    )
  })
}
