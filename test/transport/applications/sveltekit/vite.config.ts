import { join } from 'node:path'
import adapter from '@sveltejs/adapter-node'
import { sveltekit } from '@sveltejs/kit/vite'
import { defineConfig } from 'vite'
import { outsideSources } from '../outside-sources.ts'

const folder = process.env['HOLDFAST_BUILD'] ?? 'build'
const kit = sveltekit({ adapter: adapter({ out: join(folder, 'app'), precompress: false }), outDir: join(folder, 'kit') })

export default defineConfig({ plugins: [outsideSources(), kit], logLevel: 'error' })
