import { join, relative } from 'node:path'
import type { NextConfig } from 'next'

export default {
  distDir: relative(import.meta.dirname, process.env['HOLDFAST_BUILD'] ?? '.next'),
  turbopack: { root: join(import.meta.dirname, '../../../..') },
  // It is built for one test and thrown away.
  experimental: {
    turbopackFileSystemCacheForBuild: false,
    turbopackFileSystemCacheForDev: false,
    turbopackMinify: false,
    turbopackSourceMaps: false,
  },
  // The repository's own check compiles it.
  typescript: { ignoreBuildErrors: true },
} satisfies NextConfig
